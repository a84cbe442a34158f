// The panel beside the channel: the service's live numbers, and what to break.

import { read, send } from "./api.js";
import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { sparkline } from "./sparkline.js";

const SLIDERS = [
  { knob: "canary_latency_factor", id: "latency", label: "Canary latency", min: 1, max: 40, step: 1, shown: (v) => `× ${v}` },
  { knob: "canary_error_percent", id: "errors", label: "Canary errors", min: 0, max: 100, step: 1, shown: (v) => `${v} %` },
  { knob: "queue_growth_per_s", id: "queue", label: "Queue growth", min: 0, max: 100, step: 5, shown: (v) => `${v} / s` },
];
const SWITCHES = [
  { knob: "chat_down", id: "chat", label: "Chat is down" },
  { knob: "worker_oom", id: "oom", label: "Worker runs out of memory" },
];
const MENUS = [
  { knob: "metrics_page", id: "metrics", label: "Metrics page", options: ["ok", "down", "garbage", "hanging"] },
  { knob: "flag_endpoint", id: "flag", label: "Traffic flag", options: ["ok", "refusing", "hanging", "ignoring", "lying"] },
];

const number = (value, digits, unit) => (value === null || value === undefined ? "–" : `${value.toFixed(digits)}${unit}`);
const seconds = (value) => number(value, value >= 10 ? 1 : 2, " s");

export function servicePanel(root) {
  const parts = {};
  const part = (name, tag, attributes = {}) => (parts[name] = el(tag, { ...attributes, "data-testid": name }));
  const turn = (knobs) => send("/service/sandbox/knobs", knobs, "PUT").then(showKnobs).catch((mistake) => toast(mistake.message));
  const reset = () => send("/service/sandbox/reset", {}).then(showKnobs).catch((mistake) => toast(mistake.message));

  function slider({ knob, id, label, min, max, step, shown }) {
    const output = el("output", { for: `knob-${id}` });
    const input = el("input", { type: "range", id: `knob-${id}`, "data-testid": `knob-${id}`, min, max, step, value: min,
      oninput: () => { output.textContent = shown(Number(input.value)); turn({ [knob]: Number(input.value) }); } });
    parts[knob] = { set: (value) => { if (document.activeElement !== input || input.value !== String(value)) input.value = value;
      output.textContent = shown(Math.round(value)); input.classList.toggle("turned", value > min); } };
    return el("div", { class: "knob" }, el("label", { for: `knob-${id}` }, label), output, input);
  }

  function toggle({ knob, id, label }) {
    const input = el("input", { type: "checkbox", role: "switch", id: `knob-${id}`, "data-testid": `knob-${id}`, onchange: () => turn({ [knob]: input.checked }) });
    parts[knob] = { set: (value) => { input.checked = value; } };
    return el("label", { class: "switch" }, el("span", {}, label), input);
  }

  function menu({ knob, id, label, options }) {
    const input = el("select", { id: `knob-${id}`, "data-testid": `knob-${id}`, onchange: () => turn({ [knob]: input.value }) }, options.map((name) => el("option", {}, name)));
    parts[knob] = { set: (value) => { if (document.activeElement !== input) input.value = value; } };
    return el("label", { class: "switch" }, el("span", {}, label), input);
  }

  const ship = () => send("/service/sandbox/ship", {}).then(showNumbers).then(() => toast("The next version waits at 0 %. Start it with /canary start materializers 1%", "note"))
    .catch((mistake) => toast(mistake.message));

  const quick = (id, label, knobs) =>
    el("button", { type: "button", class: "block-button danger", "data-testid": id, onclick: () => turn(knobs) }, label);

  const tile = (name, label) => el("div", { class: "tile" }, el("div", { class: "tile-label" }, label),
    el("div", { class: "tile-values" }, part(`${name}-new`, "span", { class: "new" }), part(`${name}-old`, "span", { class: "old" })), part(`${name}-line`, "div"));

  root.replaceChildren(
    el("div", { class: "panel-head" }, el("div", {}, el("h2", {}, "denis"), el("p", { class: "panel-sub" }, "the simulated service")), part("condition", "span", { class: "chip" })),
    el("div", { class: "panel-body" },
      el("section", { class: "weight", "aria-label": "Traffic on the canary" },
        el("div", { class: "weight-row" }, part("weight", "span", { class: "weight-number" }), part("weight-label", "span", { class: "weight-label" })),
        el("div", { class: "weight-bar" }, part("weight-bar", "div")),
        part("ship", "button", { type: "button", class: "block-button", hidden: true, onclick: ship })),
      el("p", { class: "legend" }, el("span", { class: "new" }, "canary"), el("span", { class: "old" }, "stable")),
      el("section", { class: "tiles", "aria-label": "Live numbers" }, tile("rps", "Requests / s"), tile("errors", "Errors"), tile("p99", "Latency p99"), tile("queue", "Queue")),
      el("section", { class: "knobs", "aria-label": "Break something" }, 
        el("div", { class: "knobs-head" }, el("h3", {}, "Break something"), el("button", { type: "button", class: "linkish", "data-testid": "reset", onclick: reset }, "Reset")),
        el("div", { class: "quick" }, quick("break-latency", "Break latency", { canary_latency_factor: 20 }), quick("break-errors", "Break errors", { canary_error_percent: 30 })),
        SLIDERS.map(slider),
        el("details", {}, el("summary", {}, "More ways to fail"), SWITCHES.map(toggle), MENUS.map(menu)))));

  function showKnobs(knobs) {
    for (const [knob, value] of Object.entries(knobs)) parts[knob]?.set(value);
    const broken = [knobs.canary_latency_factor > 1 && "slow", knobs.canary_error_percent > 0 && "failing", knobs.queue_growth_per_s > 0 && "queueing",
      knobs.chat_down && "chat down", knobs.worker_oom && "out of memory", knobs.metrics_page !== "ok" && "metrics", knobs.flag_endpoint !== "ok" && "flag"].filter(Boolean);
    parts.condition.textContent = broken.length ? `broken: ${broken.join(", ")}` : "all well";
    parts.condition.classList.toggle("bad", broken.length > 0);
  }

  function showNumbers(live) {
    const history = (name) => live.history.map((point) => point[name]);
    const both = (name) => [{ values: history(`old_${name}`), kind: "old" }, { values: history(`new_${name}`), kind: "new" }];
    parts.weight.textContent = live.killed ? "killed" : `${Number(live.weight.toFixed(2))} %`;
    parts.weight.classList.toggle("killed", live.killed);
    parts["weight-label"].textContent = live.killed ? "by its kill switch" : "of traffic on the canary";
    parts.ship.textContent = "Ship the next version";
    parts.ship.hidden = live.weight < 100;
    parts["weight-bar"].style.width = `${live.weight}%`;
    for (const side of ["new", "old"]) {
      parts[`rps-${side}`].textContent = String(live[side].per_s);
      parts[`errors-${side}`].textContent = number(live[side].error_percent, 1, " %");
      parts[`p99-${side}`].textContent = seconds(live[side].p99_s);
    }
    parts["queue-new"].textContent = String(live.queue);
    parts["rps-line"].replaceChildren(sparkline(both("per_s")));
    parts["errors-line"].replaceChildren(sparkline(both("error_percent"), 5));
    parts["p99-line"].replaceChildren(sparkline(both("p99_s"), 4));
    parts["queue-line"].replaceChildren(sparkline([{ values: history("queue"), kind: "new" }], 20));
    showKnobs(live.knobs);
  }

  async function look() {
    if (!document.hidden) {
      try {
        showNumbers(await read("/service/sandbox/live"));
        root.classList.remove("lost");
      } catch {
        root.classList.add("lost");
      }
    }
    setTimeout(look, 500);
  }
  look();
}
