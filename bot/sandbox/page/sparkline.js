// A small line of the last minute and a half.

const NS = "http://www.w3.org/2000/svg";

// `series`: [{values, kind}], drawn into one frame that shares its scale; gaps (null) break the line.
export function sparkline(series, least = 1) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 120 28");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("class", "sparkline");
  svg.setAttribute("aria-hidden", "true");
  const most = Math.max(least, ...series.flatMap((line) => line.values.filter((value) => value !== null)));
  for (const { values, kind } of series) {
    let pen = "M";
    const path = values.map((value, index) => {
      if (value === null) { pen = "M"; return ""; }
      const x = 120 - (values.length - 1 - index) * (120 / 89);
      const step = `${pen}${x.toFixed(1)} ${(26.5 - (value / most) * 25).toFixed(1)}`;
      pen = "L";
      return step;
    }).join("");
    const line = document.createElementNS(NS, "path");
    line.setAttribute("d", path || "M0 0");
    line.setAttribute("class", kind);
    svg.append(line);
  }
  return svg;
}
