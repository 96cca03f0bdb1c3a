// The map: areas by level (colour, shape and word), things and units on a quiet ground drawn from our own layers.
import * as maplibre from "../static/vendor/maplibre-gl/maplibre-gl.mjs";
import { calm, colours, onTheme, scale } from "./colours.js";
import { icons } from "./marks.js";
import { layersOf } from "./layers.js";

const CARDED = ["units", "underpasses", "sensors", "nodes", "areas-label", "areas-fill"];
const REFRESH = {
  warning: ["areas", "underpasses", "nodes"],
  observations: ["areas", "sensors", "nodes", "underpasses", "units"],
  work_order: ["units", "routes"],
  road: ["closures", "roads"],
  twin: ["nodes"],
};
const EMPTY = { type: "FeatureCollection", features: [] };

function addressOf(name) {
  const moment = document.body.dataset.asOf;
  return `/layers/${name}.geojson${moment ? `?as_of=${encodeURIComponent(moment)}` : ""}`;
}

async function load(name, context) {
  const answer = await fetch(addressOf(name));
  if (!answer.ok) throw new Error(`layer ${name}: ${answer.status}`);
  const collection = await answer.json();
  for (const feature of collection.features) {
    const own = feature.properties;
    own.label = own.name?.[context.language] || own.name?.en || "";
    own.level = own.level ?? "normal";
    own.rank = ["normal", "blue", "yellow", "orange", "red"].indexOf(own.level);
    own.word = context.words.levels[own.level];
    own.unseen = own.freshness !== undefined && own.freshness !== "fresh";
    if (own.probability !== undefined && own.probability !== null) own.chance = `${Math.round(own.probability * 100)}%`;
  }
  return collection;
}

// One label point per area: the centre of gravity of its outer ring.
function centre(ring) {
  let area = 0, x = 0, y = 0;
  for (let i = 0; i < ring.length - 1; i += 1) {
    const cross = ring[i][0] * ring[i + 1][1] - ring[i + 1][0] * ring[i][1];
    area += cross;
    x += (ring[i][0] + ring[i + 1][0]) * cross;
    y += (ring[i][1] + ring[i + 1][1]) * cross;
  }
  return area ? [x / (3 * area), y / (3 * area)] : ring[0];
}

function points(collection) {
  const features = collection.features.filter((feature) => feature.geometry?.type.endsWith("Polygon")).map((feature) => {
    const { type, coordinates } = feature.geometry;
    const ring = type === "Polygon" ? coordinates[0] : coordinates.map((part) => part[0]).sort((a, b) => b.length - a.length)[0];
    return { type: "Feature", properties: feature.properties, geometry: { type: "Point", coordinates: centre(ring) } };
  });
  return { type: "FeatureCollection", features };
}

function glide(map, from, to) {
  const before = new Map(from.features.map((feature) => [feature.properties.id, feature.geometry.coordinates]));
  const begun = performance.now();
  const frame = (time) => {
    const share = Math.min(1, (time - begun) / 1200);
    const features = to.features.map((feature) => {
      const start = before.get(feature.properties.id);
      const end = feature.geometry.coordinates;
      if (!start || feature.geometry.type !== "Point") return feature;
      const at = [start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share];
      return { ...feature, geometry: { type: "Point", coordinates: at } };
    });
    map.getSource("units")?.setData({ type: "FeatureCollection", features });
    if (share < 1) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function row(list, name, value) {
  if (value === undefined || value === null || value === "") return;
  const box = document.createElement("div");
  const term = document.createElement("dt");
  const what = document.createElement("dd");
  term.textContent = name;
  what.textContent = value;
  what.className = "num";
  box.append(term, what);
  list.append(box);
}

function card(place, feature, context) {
  const own = feature.properties;
  const words = context.words;
  const title = document.createElement("h3");
  title.textContent = own.label;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "button small";
  close.textContent = "×";
  close.setAttribute("aria-label", words.close);
  close.addEventListener("click", () => { place.hidden = true; });
  const list = document.createElement("dl");
  list.className = "facts";
  if (feature.layer.source.startsWith("areas") || own.rank > 0) row(list, words.level, own.word);
  if (own.value !== undefined && own.value !== null) row(list, words.value, `${own.value} ${own.unit ?? ""}`);
  row(list, words.probability, own.chance);
  if (own.depth_m) row(list, words.depth, `${Number(own.depth_m).toFixed(2)} m`);
  if (own.lead_time_s) row(list, words.lead, `${Math.round(own.lead_time_s / 60)} min`);
  if (own.closed) row(list, words.status, words.closed);
  else row(list, words.status, own.status);
  if (own.freshness) row(list, words.freshness, words.fresh[own.freshness]);
  if (own.eta) row(list, words.eta, context.clock.format(new Date(own.eta)));
  place.replaceChildren(title, close, list);
  const target = feature.layer.source.startsWith("areas") ? `/vitals?area=${encodeURIComponent(own.id)}`
    : own.order ? `/orders/${encodeURIComponent(own.order)}` : null;
  if (target) {
    const link = document.createElement("a");
    const moment = document.body.dataset.asOf;
    link.href = moment ? `${target}${target.includes("?") ? "&" : "?"}as_of=${encodeURIComponent(moment)}` : target;
    link.textContent = words.open;
    place.append(link);
  }
  place.hidden = false;
}

function zoomButtons(pane, map, words) {
  const box = document.createElement("div");
  box.className = "map-zoom";
  for (const [sign, word, act] of [["+", words.zoom_in, () => map.zoomIn()], ["−", words.zoom_out, () => map.zoomOut()]]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    button.setAttribute("aria-label", word);
    button.addEventListener("click", act);
    box.append(button);
  }
  pane.append(box);
}

export async function start(element) {
  const names = element.dataset.layers.split(" ");
  const zone = document.getElementById("clock").dataset.zone;
  const context = {
    language: element.dataset.language,
    words: JSON.parse(element.dataset.words),
    clock: new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone }),
  };
  const [west, south, east, north] = JSON.parse(element.dataset.bounds);
  element.replaceChildren();
  const map = new maplibre.Map({
    container: element,
    style: { version: 8, sources: {}, layers: [{ id: "sky", type: "background", paint: { "background-color": colours().sunken } }] },
    bounds: [[west, south], [east, north]],
    fitBoundsOptions: { padding: 24 },
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    fadeDuration: calm() ? 0 : 200,
    canvasContextAttributes: { antialias: true },
    locale: { "Map.Title": element.dataset.label },
  });
  map.on("error", (event) => console.error("map", event.error));
  map.touchZoomRotate.disableRotation();
  await new Promise((resolve) => { map.once("load", resolve); });
  const data = {};
  await Promise.all(names.map(async (name) => {
    data[name] = await load(name, context).catch((error) => { console.error(error); return EMPTY; });
  }));

  function paint() {
    const c = colours();
    for (const [name, image] of icons(c)) {
      if (map.hasImage(name)) map.removeImage(name);
      map.addImage(name, image, { pixelRatio: 2 });
    }
    for (const layer of layersOf(c, scale())) {
      if (layer.source && !map.getSource(layer.source)) continue;
      if (map.getLayer(layer.id)) map.removeLayer(layer.id);
      map.addLayer(layer);
    }
    map.setPaintProperty("sky", "background-color", c.sunken);
  }

  for (const name of names) map.addSource(name, { type: "geojson", data: data[name] });
  map.addSource("areas-point", { type: "geojson", data: points(data.areas ?? EMPTY) });
  paint();
  onTheme(paint);
  element.dataset.ready = "yes";

  async function refresh(wanted) {
    for (const name of wanted.filter((one) => names.includes(one))) {
      try {
        const fresh = await load(name, context);
        if (name === "units" && !calm()) glide(map, data[name], fresh);
        else map.getSource(name).setData(fresh);
        if (name === "areas") map.getSource("areas-point").setData(points(fresh));
        data[name] = fresh;
      } catch (error) { console.error(error); }
    }
  }
  for (const [family, wanted] of Object.entries(REFRESH)) document.body.addEventListener(`live-${family}`, () => refresh(wanted));
  document.body.addEventListener("moved", () => refresh(names.filter((name) => !["ground", "drainage", "roads"].includes(name))));

  const pane = element.parentElement;
  const place = pane.querySelector(".map-card");
  zoomButtons(pane, map, context.words);
  const hit = (event) => map.queryRenderedFeatures(
    [[event.point.x - 6, event.point.y - 6], [event.point.x + 6, event.point.y + 6]],
    { layers: CARDED.filter((id) => map.getLayer(id)) },
  ).sort((a, b) => CARDED.indexOf(a.layer.id) - CARDED.indexOf(b.layer.id))[0];
  map.on("click", (event) => {
    const feature = hit(event);
    if (feature) card(place, feature, context); else place.hidden = true;
  });
  map.on("mousemove", (event) => { map.getCanvas().style.setProperty("cursor", hit(event) ? "pointer" : ""); });
  for (const box of pane.querySelectorAll("[data-layer]")) {
    box.addEventListener("change", () => {
      for (const layer of map.getStyle().layers) {
        if (layer.source === box.dataset.layer) map.setLayoutProperty(layer.id, "visibility", box.checked ? "visible" : "none");
      }
    });
  }
}
