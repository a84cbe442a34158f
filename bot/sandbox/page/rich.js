// rich_text, table and data_table.

import { el, safeLink } from "./dom.js";
import { emojiFor } from "./emoji.js";
import { link, mention, names } from "./mrkdwn.js";

const PIECES = {
  text: (piece) => styled(piece.text, piece.style),
  link: (piece) => (safeLink(piece.url) ? link(piece.url, styled(piece.text || piece.url, piece.style)) : piece.text),
  emoji: (piece) => el("span", { class: "emoji", title: `:${piece.name}:` }, emojiFor(piece.name)),
  user: (piece) => mention("@" + (names.people.get(piece.user_id) || piece.user_id), piece.user_id === names.me),
  channel: (piece) => mention("#" + (names.channels.get(piece.channel_id) || piece.channel_id)),
  usergroup: (piece) => mention(names.groups.get(piece.usergroup_id) || "@group"),
  broadcast: (piece) => mention("@" + piece.range, true),
  date: (piece) => piece.fallback || new Date(piece.timestamp * 1000).toLocaleString(),
};

function styled(text, style = {}) {
  let node = style.code ? el("code", {}, text) : document.createTextNode(text);
  if (style.bold) node = el("strong", {}, node);
  if (style.italic) node = el("em", {}, node);
  if (style.strike) node = el("s", {}, node);
  return node;
}

const pieces = (part) => (part.elements || []).map((piece) => PIECES[piece.type]?.(piece) ?? "");

const PARTS = {
  rich_text_section: (part) => el("div", { class: "rich-section" }, pieces(part)),
  rich_text_quote: (part) => el("blockquote", {}, pieces(part)),
  rich_text_preformatted: (part) => el("pre", {}, pieces(part)),
  rich_text_list: (part) =>
    el(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent || 0}`, start: part.offset ? part.offset + 1 : null },
      part.elements.map((item) => el("li", {}, pieces(item)))),
};

export const richText = (block) => el("div", { class: "rich-text" }, (block.elements || []).map((part) => PARTS[part.type]?.(part)));

function cell(value, tag, align) {
  const content = value.type === "rich_text" ? richText(value) : value.type === "raw_number" ? (value.text ?? String(value.value)) : value.text;
  const kinds = [align || (value.type === "raw_number" ? "right" : ""), (value.text || "").length < 18 ? "short" : ""];
  return el(tag, { class: kinds.join(" ").trim() || null }, content);
}

// The first row is the heading in both kinds of table.
export function table(block) {
  const aligns = (block.column_settings || []).map((setting) => setting?.align);
  const row = (cells, tag) => el("tr", {}, cells.map((value, column) => cell(value, tag, aligns[column])));
  const [head, ...body] = block.rows;
  const caption = block.caption ? el("caption", {}, block.caption) : null;
  const shown = el("table", {}, caption, el("thead", {}, row(head, "th")), el("tbody", {}, body.map((cells) => row(cells, "td"))));
  return el("div", { class: "table-wrap" }, shown);
}
