// Standard markdown, as the `markdown` block takes it: headings, lists, tables, code, emphasis, links.

import { el, safeLink } from "./dom.js";
import { link } from "./mrkdwn.js";
import { emojiFor } from "./emoji.js";

const INLINE = /(`[^`]+`|\*\*[^*]+\*\*|__[^_]+__|\*[^*\s][^*]*\*|_[^_\s][^_]*_|~~[^~]+~~|\[[^\]]+\]\([^)\s]+\)|:[a-z0-9_+-]+:)/;

function inline(text) {
  return text.split(INLINE).map((part) => {
    const inner = (cut) => part.slice(cut, -cut);
    if (/^`/.test(part)) return el("code", {}, inner(1));
    if (/^(\*\*|__)/.test(part)) return el("strong", {}, inline(inner(2)));
    if (/^~~/.test(part)) return el("s", {}, inline(inner(2)));
    if (/^[*_].+[*_]$/.test(part)) return el("em", {}, inline(inner(1)));
    const found = /^\[([^\]]+)\]\(([^)]+)\)$/.exec(part);
    if (found && safeLink(found[2])) return link(found[2], found[1]);
    return /^:[a-z0-9_+-]+:$/.test(part) ? emojiFor(part.slice(1, -1)) : part;
  });
}

const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());

// Each reader takes the lines from where it stands, and gives an element and how many lines it used.
const READERS = [
  (lines) => {
    if (!lines[0].startsWith("```")) return null;
    const end = lines.findIndex((line, index) => index > 0 && line.startsWith("```"));
    const stop = end < 0 ? lines.length : end;
    return [el("pre", {}, lines.slice(1, stop).join("\n")), stop + 1];
  },
  (lines) => {
    const found = /^(#{1,6})\s+(.*)/.exec(lines[0]);
    return found && [el("p", { class: "md-heading", role: "heading", "aria-level": found[1].length }, inline(found[2])), 1];
  },
  (lines) => (/^\s*([-*_])(\s*\1){2,}\s*$/.test(lines[0]) ? [el("hr"), 1] : null),
  (lines) => {
    if (!lines[0].includes("|") || !/^[\s|:-]+$/.test(lines[1] || "") || !(lines[1] || "").includes("-")) return null;
    const rest = lines.slice(2);
    const size = rest.findIndex((line) => !line.includes("|"));
    const body = rest.slice(0, size < 0 ? rest.length : size);
    const head = el("tr", {}, cells(lines[0]).map((cell) => el("th", {}, inline(cell))));
    const rows = body.map((line) => el("tr", {}, cells(line).map((cell) => el("td", {}, inline(cell)))));
    return [el("div", { class: "table-wrap" }, el("table", {}, el("thead", {}, head), el("tbody", {}, rows))), body.length + 2];
  },
  (lines) => taken(lines, /^\s*[-*+]\s+/, "ul"),
  (lines) => taken(lines, /^\s*\d+[.)]\s+/, "ol"),
  (lines) => {
    const run = leading(lines, /^>\s?/);
    return run.length ? [el("blockquote", {}, render(run.map((line) => line.replace(/^>\s?/, "")).join("\n"))), run.length] : null;
  },
];

const leading = (lines, pattern) => {
  const end = lines.findIndex((line) => !pattern.test(line));
  return lines.slice(0, end < 0 ? lines.length : end);
};

function taken(lines, pattern, tag) {
  const run = leading(lines, pattern);
  return run.length ? [el(tag, {}, run.map((line) => el("li", {}, inline(line.replace(pattern, ""))))), run.length] : null;
}

function render(text) {
  const lines = text.split("\n");
  const nodes = [];
  while (lines.length) {
    if (!lines[0].trim()) {
      lines.shift();
      continue;
    }
    const hit = READERS.map((reader) => reader(lines)).find(Boolean) || [el("p", {}, inline(lines[0])), 1];
    nodes.push(hit[0]);
    lines.splice(0, hit[1]);
  }
  return nodes;
}

export const markdown = (text) => el("div", { class: "markdown" }, render(text));
