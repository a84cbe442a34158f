// A small line of the last minute and a half.

import { svg } from "./svg.js";

// `series`: [{values, kind}], drawn into one frame that shares its scale; gaps (null) break the line.
export function sparkline(series, least = 1) {
  const most = Math.max(least, ...series.flatMap((line) => line.values.filter((value) => value !== null)));
  const lines = series.map(({ values, kind }) => {
    let pen = "M";
    const path = values.map((value, index) => {
      if (value === null) { pen = "M"; return ""; }
      const x = 120 - (values.length - 1 - index) * (120 / 89);
      const step = `${pen}${x.toFixed(1)} ${(26.5 - (value / most) * 25).toFixed(1)}`;
      pen = "L";
      return step;
    }).join("");
    return svg("path", { d: path || "M0 0", class: kind });
  });
  return svg("svg", { viewBox: "0 0 120 28", preserveAspectRatio: "none", class: "sparkline", "aria-hidden": "true" }, lines);
}
