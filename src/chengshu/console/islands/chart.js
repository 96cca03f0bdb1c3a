// History, forecast band and thresholds on one axis. The table beside it holds the same numbers.
import * as echarts from "../static/vendor/echarts/echarts.esm.min.mjs";
import { calm, colours, onTheme, scale } from "./colours.js";

const DASHES = { blue: [2, 3], yellow: [6, 3], orange: [10, 3], red: "solid", limit: [6, 4] };

// The next round number above: half a power of ten times a whole number.
function rounded(value) {
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return Number((Math.ceil(value / step) * step).toPrecision(4));
}

function shifter(zone) {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  return (time) => {
    const name = format.formatToParts(time).find((part) => part.type === "timeZoneName").value;
    const [, sign, hours, minutes] = /GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [null, "+", "0", "0"];
    return time + (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60000;
  };
}

function option(chart, room) {
  const c = colours();
  const narrow = room < 560 * scale();
  const size = (narrow ? 11 : 13) * scale();
  const local = shifter(chart.zone);
  const font = getComputedStyle(document.documentElement).fontFamily;
  const text = { color: c.quiet, fontSize: size, fontFamily: font };
  const history = chart.history.map(([at, value]) => [local(at), value]);
  const band = chart.forecast.map(([at, low, middle, high]) => [local(at), low, middle, high]);
  const values = [...history.map((p) => p[1]), ...band.map((p) => p[3]), 0].filter((value) => value !== null);
  const highest = Math.max(...values);
  const shown = chart.thresholds.filter((mark) => mark.value <= highest * 1.6 || mark === chart.thresholds[0]);
  const top = rounded(Math.max(highest, ...shown.map((mark) => mark.value)) * 1.08 || 1);
  const line = (extra) => ({ type: "line", symbol: "none", animation: !calm(), ...extra });
  return {
    useUTC: true,
    aria: { enabled: false },
    animationDuration: 300,
    grid: { left: 8, right: narrow ? 16 : 72 * scale(), top: 28, bottom: 8, containLabel: true },
    textStyle: { fontFamily: font },
    tooltip: {
      trigger: "axis", renderMode: "richText", backgroundColor: c.surface, borderColor: c["line-strong"],
      textStyle: { color: c.ink, fontSize: size, fontFamily: font },
      formatter: (items) => {
        const lines = items.filter((item) => item.seriesName && item.value[1] !== null)
          .map((item) => `${item.seriesName} ${Number(item.value[1]).toPrecision(3)} ${chart.unit}`);
        return [new Date(items[0].value[0]).toISOString().slice(11, 16), ...lines].join("\n");
      },
    },
    xAxis: {
      type: "time", axisLabel: { ...text, hideOverlap: true, formatter: "{HH}:{mm}" }, axisTick: { show: false },
      axisLine: { lineStyle: { color: c["line-strong"] } }, splitLine: { show: false },
    },
    yAxis: {
      type: "value", name: chart.unit, nameTextStyle: { ...text, align: "left" }, axisLabel: { ...text, formatter: (value) => String(Number(value.toPrecision(4))) }, min: 0, max: top,
      splitLine: { lineStyle: { color: c.line } },
    },
    series: [
      line({ data: band.map(([at, low]) => [at, low]), stack: "band", lineStyle: { opacity: 0 }, silent: true, name: "" }),
      line({
        data: band.map(([at, low, , high]) => [at, high - low]), stack: "band", lineStyle: { opacity: 0 }, silent: true,
        areaStyle: { color: c.accent, opacity: 0.16 }, name: "",
      }),
      line({ name: chart.words.forecast, data: band.map(([at, , middle]) => [at, middle]),
        lineStyle: { color: c.accent, width: 2, type: [6, 4] }, itemStyle: { color: c.accent } }),
      line({
        name: chart.words.measured, data: history, lineStyle: { color: c.ink, width: 2 }, itemStyle: { color: c.ink }, z: 5,
        markLine: {
          silent: true, symbol: "none", animation: false,
          data: [
            ...shown.map((mark) => ({
              yAxis: mark.value, label: { formatter: mark.word, color: c.ink, fontSize: size, position: narrow ? "insideEndTop" : "end" },
              lineStyle: { color: c[mark.level] ?? c.ink, width: 2, type: DASHES[mark.level] },
            })),
            ...(band.length ? [{
              xAxis: local(chart.now), label: { formatter: chart.words.now, color: c.quiet, fontSize: size },
              lineStyle: { color: c["line-strong"], width: 1, type: "solid" },
            }] : []),
          ],
        },
      }),
    ],
  };
}

export function start(element) {
  const chart = echarts.init(element, null, { renderer: "canvas" });
  const draw = () => chart.setOption(option(JSON.parse(element.dataset.chart), element.clientWidth), true);
  draw();
  new ResizeObserver(() => { chart.resize(); draw(); }).observe(element);
  new MutationObserver(draw).observe(element, { attributes: true, attributeFilter: ["data-chart"] });
  onTheme(draw);
}
