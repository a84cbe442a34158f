// Slack's mrkdwn to elements: bold, italic, strike, code, quotes, links, mentions, dates, emoji.

import { el, safeLink } from "./dom.js";
import { emojiFor } from "./emoji.js";

const ENTITIES = { "&amp;": "&", "&lt;": "<", "&gt;": ">" };
export const unescape = (text) => text.replace(/&(amp|lt|gt);/g, (entity) => ENTITIES[entity]);

// Names behind ids, set once by the app.
export const names = { people: new Map(), channels: new Map(), groups: new Map(), me: "" };

// Each rule: a pattern, tried in this order at every place, and what it becomes.
const RULES = [
  [/```\n?([\s\S]+?)\n?```/y, (m) => el("pre", {}, unescape(m[1]))],
  [/`([^`\n]+)`/y, (m) => el("code", {}, unescape(m[1]))],
  [/<([^<>\n]+)>/y, (m) => angle(m[1])],
  [/:([a-z0-9_+'-]+(?:::skin-tone-\d)?):/y, (m) => emoji(m[1])],
  [/\*(?=\S)([^*\n]*[^*\s])\*(?![\p{L}\p{N}])/uy, (m) => el("strong", {}, inline(m[1])), "word"],
  [/_(?=\S)([^_\n]*[^_\s])_(?![\p{L}\p{N}])/uy, (m) => el("em", {}, inline(m[1])), "word"],
  [/~(?=\S)([^~\n]*[^~\s])~(?![\p{L}\p{N}])/uy, (m) => el("s", {}, inline(m[1])), "word"],
  [/\n/y, () => el("br")],
];

export function inline(text) {
  const nodes = [];
  let plain = "";
  for (let at = 0; at < text.length; ) {
    const hit = ruleAt(text, at);
    if (!hit) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain) nodes.push(unescape(plain));
    plain = "";
    nodes.push(hit.node);
    at += hit.length;
  }
  if (plain) nodes.push(unescape(plain));
  return nodes;
}

function ruleAt(text, at) {
  const inWord = at > 0 && /[\p{L}\p{N}]/u.test(text[at - 1]);
  for (const [pattern, make, where] of RULES) {
    if (where === "word" && inWord) continue;
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    const node = match && make(match);
    if (node) return { node, length: match[0].length };
  }
  return null;
}

// A whole text: quoted lines become quotes, the rest is inline.
export function mrkdwn(text) {
  const parts = text.split(/(```[\s\S]+?```)/);
  return parts.flatMap((part) => (part.startsWith("```") ? inline(part) : quoted(part)));
}

function quoted(text) {
  const nodes = [];
  for (const run of text.match(/(?:^(?:&gt;|>) ?.*(?:\n|$))+|(?:^(?!(?:&gt;|>)).*(?:\n|$))+/gm) || []) {
    if (!run) continue;
    if (!/^(&gt;|>)/.test(run)) nodes.push(...inline(run));
    else nodes.push(el("blockquote", {}, inline(run.replace(/^(&gt;|>) ?/gm, "").replace(/\n$/, ""))));
  }
  return nodes;
}

export function plainText(text) {
  return text.split(/(:[a-z0-9_+'-]+:)/).flatMap((part) => (/^:[^:]+:$/.test(part) ? emoji(part.slice(1, -1)) || part : part));
}

function emoji(name) {
  const shown = emojiFor(name);
  return shown.startsWith(":") ? null : el("span", { class: "emoji", title: `:${name}:`, role: "img", "aria-label": name }, shown);
}

function angle(inner) {
  const [target, label] = [inner.split("|")[0], inner.includes("|") ? inner.slice(inner.indexOf("|") + 1) : ""];
  if (target.startsWith("@")) return mention("@" + (names.people.get(target.slice(1)) || label || target.slice(1)), target.slice(1) === names.me);
  if (target.startsWith("#")) return mention("#" + (names.channels.get(target.slice(1)) || label || target.slice(1)));
  if (target.startsWith("!subteam^")) return mention(names.groups.get(target.slice(9)) || label || "@group");
  if (target.startsWith("!date^")) return date(target.slice(6), label);
  if (target.startsWith("!")) return mention("@" + target.slice(1), true);
  const url = safeLink(unescape(target));
  return url ? link(url, label ? inline(label) : unescape(target)) : null;
}

export const mention = (text, mine = false) => el("span", { class: mine ? "mention mine" : "mention" }, text);
export const link = (url, content) => el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, content);

const day = (when, options) => when.toLocaleDateString("en-GB", options);
const DATE_TOKENS = {
  date_num: (w) => `${w.getFullYear()}-${String(w.getMonth() + 1).padStart(2, "0")}-${String(w.getDate()).padStart(2, "0")}`,
  date: (w) => day(w, { day: "numeric", month: "long", year: "numeric" }),
  date_short: (w) => day(w, { day: "numeric", month: "short", year: "numeric" }),
  date_long: (w) => day(w, { weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  time: (w) => w.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" }),
  time_secs: (w) => w.toLocaleTimeString("en-GB"),
  ago: (w) => ago(w),
};

function pretty(when, otherwise) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(when).setHours(0, 0, 0, 0)) / 86400000);
  return { 0: "today", 1: "yesterday", "-1": "tomorrow" }[days] || otherwise;
}

function ago(when) {
  const seconds = Math.round((Date.now() - when) / 1000);
  const size = Math.abs(seconds) < 60 ? [1, "second"] : Math.abs(seconds) < 3600 ? [60, "minute"] : Math.abs(seconds) < 86400 ? [3600, "hour"] : [86400, "day"];
  return new Intl.RelativeTimeFormat("en").format(-Math.round(seconds / size[0]), size[1]);
}

function date(token, fallback) {
  const [stamp, format, url] = token.split("^");
  const when = new Date(Number(stamp) * 1000);
  if (!format || Number.isNaN(when.getTime())) return document.createTextNode(fallback);
  const text = format.replace(/\{(\w+)\}/g, (whole, name) => {
    const plainName = name.replace("_pretty", "");
    const written = DATE_TOKENS[plainName]?.(when);
    return written === undefined ? whole : name === plainName ? written : pretty(when, written);
  });
  const shown = el("time", { datetime: when.toISOString(), title: when.toLocaleString() }, text);
  return url && safeLink(url) ? link(url, shown) : shown;
}
