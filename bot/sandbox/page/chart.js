// `data_visualization`: lines, areas, bars or a pie, drawn as SVG. Series differ by dash as well as by colour.

import { el } from "./dom.js";
import { svg } from "./svg.js";

const WIDE = 560;
const HIGH = 224;
const ROOM = { left: 46, right: 12, top: 10, bottom: 30 };
const KINDS = 6;
const TURN = 2 * Math.PI;

const inner = { width: WIDE - ROOM.left - ROOM.right, height: HIGH - ROOM.top - ROOM.bottom };
const short = (value) => (Math.abs(value) >= 10000 ? `${Number((value / 1000).toPrecision(3))}k` : String(Number(value.toPrecision(4))));
const kind = (index) => `kind-${index % KINDS}`;

// Round numbers from at or below the least value to at or above the greatest, about five of them.
function ticks(least, most) {
  const span = most - least || Math.abs(most) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 4));
  const step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((size) => span / size <= 5);
  const first = Math.floor(least / step);
  const last = Math.ceil(most / step);
  return Array.from({ length: Math.max(2, last - first + 1) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

function scaleOf(chart) {
  const values = chart.series.flatMap((line) => line.data.map((point) => point.value));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const fromZero = chart.type !== "line" || (least >= 0 && least < most / 2);
  return ticks(fromZero ? Math.min(0, least) : least, fromZero ? Math.max(0, most) : most);
}

function frame(categories, scale, x, y) {
  const every = Math.ceil(categories.length / 7);
  const lines = scale.flatMap((value) => [
    svg("line", { class: "grid", x1: ROOM.left, x2: WIDE - ROOM.right, y1: y(value), y2: y(value) }),
    svg("text", { class: "tick", x: ROOM.left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value))]);
  const last = categories.length - 1;
  const labels = categories.map((label, index) => ((last - index) % every ? null
    : svg("text", { class: "tick", x: x(index), y: HIGH - 8, "text-anchor": index === last && x(index) > WIDE - 30 ? "end" : "middle" }, label)));
  return [...lines, ...labels];
}

function line(values, index, x, y, base) {
  const path = values.map((value, at) => `${at ? "L" : "M"}${x(at).toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const under = base === null ? null : svg("path", { class: `area ${kind(index)}`, d: `${path}L${x(values.length - 1)} ${base}L${x(0)} ${base}Z` });
  const end = svg("circle", { class: `dot ${kind(index)}`, cx: x(values.length - 1), cy: y(values.at(-1)), r: 3 });
  return [under, svg("path", { class: `line ${kind(index)}`, d: path }), end];
}

function bars(series, x, y) {
  const room = (inner.width / series[0].length) * 0.72;
  const width = room / series.length;
  return series.flatMap((values, index) => values.map((value, at) => svg("rect", {
    class: `bar ${kind(index)}`, x: x(at) - room / 2 + index * width, width: Math.max(1, width - 1),
    y: Math.min(y(value), y(0)), height: Math.abs(y(value) - y(0)), rx: 1.5,
  })));
}

function overAxes(chart) {
  const { categories } = chart.axis_config;
  const scale = scaleOf(chart);
  const standing = chart.type === "bar" || categories.length === 1;
  const x = (index) => ROOM.left + (standing ? (index + 0.5) / categories.length : index / (categories.length - 1)) * inner.width;
  const y = (value) => ROOM.top + (1 - (value - scale[0]) / (scale.at(-1) - scale[0])) * inner.height;
  const series = chart.series.map(({ data }) => categories.map((label) => data.find((point) => point.label === label).value));
  const base = chart.type === "area" ? y(Math.max(0, scale[0])) : null;
  const shapes = chart.type === "bar" ? bars(series, x, y) : series.flatMap((values, index) => line(values, index, x, y, base));
  return svg("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "chart-drawing" }, frame(categories, scale, x, y), shapes);
}

function pie(chart) {
  const all = chart.segments.reduce((sum, { value }) => sum + value, 0);
  const at = (share) => `${(100 + 90 * Math.sin(share * TURN)).toFixed(2)} ${(100 - 90 * Math.cos(share * TURN)).toFixed(2)}`;
  let begun = 0;
  const slices = chart.segments.map(({ value }, index) => {
    const from = begun;
    begun += value / all;
    if (chart.segments.length === 1) return svg("circle", { class: `bar ${kind(index)}`, cx: 100, cy: 100, r: 90 });
    return svg("path", { class: `slice bar ${kind(index)}`, d: `M100 100L${at(from)}A90 90 0 ${value / all > 0.5 ? 1 : 0} 1 ${at(begun)}Z` });
  });
  return svg("svg", { viewBox: "0 0 200 200", class: "chart-drawing pie" }, slices);
}

const key = (name, index, filled) => el("span", { class: "chart-key" },
  svg("svg", { viewBox: "0 0 24 10", width: 24, height: 10, "aria-hidden": "true" },
    filled ? svg("rect", { class: `bar ${kind(index)}`, width: 14, height: 10, x: 5, rx: 2 }) : svg("path", { class: `line ${kind(index)}`, d: "M1 5L23 5" })), name);

// What a screen reader says: where each line begins and ends, or the size of each slice.
function said({ title, chart }) {
  const parts = chart.type === "pie" ? chart.segments.map(({ label, value }) => `${label} ${short(value)}`)
    : chart.series.map(({ name, data }) => `${name} from ${short(data[0].value)} to ${short(data.at(-1).value)}`);
  return `${title}: ${parts.join(", ")}`;
}

export function chart(block) {
  const { title, chart: drawn } = block;
  const round = drawn.type === "pie";
  const drawing = round ? pie(drawn) : overAxes(drawn);
  drawing.setAttribute("role", "img");
  drawing.setAttribute("aria-label", said(block));
  const names = round ? drawn.segments.map(({ label, value }) => `${label} · ${short(value)}`) : drawn.series.map(({ name }) => name);
  const { x_label: along, y_label: upward } = drawn.axis_config || {};
  return el("figure", { class: "block chart", "data-testid": "chart" },
    el("figcaption", {}, el("strong", {}, title), upward ? el("span", { class: "chart-axis" }, upward) : null), drawing,
    along ? el("div", { class: "chart-axis along" }, along) : null,
    el("div", { class: "chart-keys" }, names.map((name, index) => key(name, index, round || drawn.type === "bar"))));
}
