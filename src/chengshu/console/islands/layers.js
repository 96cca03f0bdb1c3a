// How each layer is drawn. Level colours mean levels and nothing else; everything else is neutral or the accent.

const leveled = (c, rest) => ["match", ["get", "level"], "blue", c.blue, "yellow", c.yellow, "orange", c.orange, "red", c.red, rest];
const raised = [">", ["get", "rank"], 0];

export function layersOf(c, size) {
  const font = ["sans-serif"];
  const halo = { "text-halo-color": c.surface, "text-halo-width": 1.6 };
  const width = (thin, thick) => ["interpolate", ["exponential", 1.5], ["zoom"], 10, thin, 16, thick];
  return [
    { id: "city", type: "fill", source: "areas", filter: ["==", ["get", "kind"], "city"], paint: { "fill-color": c.ground } },
    { id: "parks", type: "fill", source: "ground", filter: ["==", ["get", "kind"], "park"], paint: { "fill-color": c.park } },
    { id: "water", type: "fill", source: "ground", filter: ["==", ["get", "kind"], "water"], paint: { "fill-color": c.water } },
    { id: "roads", type: "line", source: "roads", layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.road, "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 10,
        ["match", ["get", "kind"], "arterial", 1.4, "collector", 0.8, 0.4], 16, ["match", ["get", "kind"], "arterial", 10, "collector", 7, 4]] } },
    { id: "drainage", type: "line", source: "drainage", minzoom: 12.5,
      paint: { "line-color": c.quiet, "line-opacity": 0.45, "line-width": width(0.4, 2), "line-dasharray": [3, 2] } },
    { id: "areas-fill", type: "fill", source: "areas", filter: ["all", ["!=", ["get", "kind"], "city"], ["!=", ["get", "leaf"], false]],
      paint: { "fill-color": leveled(c, "rgba(0,0,0,0)"), "fill-opacity": ["match", ["get", "kind"], "district", 0.08, "street", 0.1, 0.32] } },
    { id: "areas-line", type: "line", source: "areas",
      paint: { "line-color": c["line-strong"], "line-opacity": ["match", ["get", "kind"], ["city", "district"], 0.9, "street", 0.5, 0.22],
        "line-width": ["match", ["get", "kind"], ["city", "district"], 1.4, "street", 0.9, 0.6] } },
    { id: "areas-edge", type: "line", source: "areas", filter: ["all", raised, ["!=", ["get", "kind"], "city"], ["!=", ["get", "leaf"], false]],
      paint: { "line-color": leveled(c, c.line), "line-width": ["match", ["get", "kind"], "community", 1.6, 1.2], "line-opacity": 0.8 } },
    { id: "closures", type: "line", source: "closures", paint: { "line-color": c.ink, "line-width": width(2.5, 8), "line-dasharray": [1, 0.7] } },
    { id: "routes", type: "line", source: "routes", layout: { "line-cap": "round", "line-join": "round" },
      paint: { "line-color": c.accent, "line-width": width(2, 6), "line-opacity": 0.9 } },
    { id: "nodes", type: "symbol", source: "nodes", filter: ["any", raised, [">=", ["coalesce", ["get", "probability"], 0], 0.2]],
      layout: { "icon-image": ["case", raised, ["concat", "mark-", ["get", "level"]], "node"], "icon-allow-overlap": true,
        "icon-size": ["interpolate", ["linear"], ["coalesce", ["get", "probability"], 0], 0, 0.35 * size, 1, 0.65 * size] } },
    { id: "nodes-chance", type: "symbol", source: "nodes", minzoom: 12.8, filter: [">=", ["coalesce", ["get", "probability"], 0], 0.3],
      layout: { "text-field": ["get", "chance"], "text-font": font, "text-size": 11 * size, "text-offset": [0, 1.2], "symbol-sort-key": ["-", ["get", "probability"]] },
      paint: { "text-color": c.ink, ...halo } },
    { id: "sensors", type: "circle", source: "sensors", minzoom: 11,
      paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 2, 15, 5], "circle-color": ["case", ["get", "unseen"], c.surface, c.quiet],
        "circle-stroke-color": ["case", ["get", "unseen"], c.ink, c.surface], "circle-stroke-width": ["case", ["get", "unseen"], 2, 1] } },
    { id: "underpasses", type: "symbol", source: "underpasses",
      layout: { "icon-image": ["case", ["to-boolean", ["get", "closed"]], "closed", raised, ["concat", "mark-", ["get", "level"]], "underpass"],
        "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.55 * size, 14, 0.9 * size], "icon-allow-overlap": true,
        "text-field": ["step", ["zoom"], "", 13.2, ["get", "label"]], "text-font": font, "text-size": 12 * size, "text-offset": [0, 1.3], "text-optional": true },
      paint: { "text-color": c.ink, ...halo } },
    { id: "areas-name", type: "symbol", source: "areas-point", filter: ["all", ["any", ["!", raised], ["==", ["get", "leaf"], false]], ["match", ["get", "kind"], ["district", "street"], true, false]],
      layout: { "text-field": ["get", "label"], "text-font": font, "text-size": ["match", ["get", "kind"], "district", 14 * size, 12 * size], "text-max-width": 8,
        "symbol-sort-key": ["match", ["get", "kind"], "district", 0, 1] },
      paint: { "text-color": c.quiet, ...halo } },
    { id: "areas-label", type: "symbol", source: "areas-point", filter: ["all", raised, ["!=", ["get", "leaf"], false], ["match", ["get", "kind"], ["street", "community", "district"], true, false]],
      layout: { "icon-image": ["concat", "mark-", ["get", "level"]], "icon-size": 0.9 * size, "text-field": ["format", ["get", "label"], {}, "\n", {}, ["get", "word"], { "font-scale": 0.9 }],
        "text-font": font, "text-size": 13 * size, "text-anchor": "left", "text-justify": "left", "text-offset": [0.95, 0], "text-max-width": 9, "symbol-sort-key": ["-", ["get", "rank"]] },
      paint: { "text-color": c.ink, "text-halo-color": c.surface, "text-halo-width": 2 } },
    { id: "units", type: "symbol", source: "units",
      layout: { "icon-image": ["concat", "unit-", ["get", "type"]], "icon-size": ["interpolate", ["linear"], ["zoom"], 11, 0.75 * size, 14, 1.1 * size], "icon-allow-overlap": true,
        "text-field": ["step", ["zoom"], "", 13, ["get", "label"]], "text-font": font, "text-size": 12 * size, "text-offset": [0, 1.5], "text-optional": true },
      paint: { "text-color": c.accent, ...halo } },
  ];
}
