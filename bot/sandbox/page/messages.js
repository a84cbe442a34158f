// One message as Slack shows it: face, name, time, blocks, reactions, thread.

import { blocks } from "./blocks.js";
import { el } from "./dom.js";
import { held } from "./elements.js";
import { PICKER, emojiFor } from "./emoji.js";
import { mrkdwn, names } from "./mrkdwn.js";

const HUES = { ana: 262, ben: 205, cleo: 152, dev: 28, gus: 340 };

export function face(person, isApp) {
  if (isApp) return el("img", { class: "face app-face", src: "/page/icon.svg", alt: "" });
  const name = person?.real_name || "?";
  const hue = HUES[person?.name] ?? (name.charCodeAt(0) * 47) % 360;
  return el("span", { class: "face", "data-hue": hue, "aria-hidden": "true" }, name[0]);
}

const at = (ts) => new Date(Number(ts) * 1000);
const clockTime = (ts) => at(ts).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
const list = (people) => people.map((id) => names.people.get(id) || id).join(", ");

function body(message, doing) {
  const use = (element, value) => doing.click(message, element, value, Object.assign({}, ...shown.map(held)));
  const shown = message.blocks?.length ? blocks(message.blocks, use) : [el("div", { class: "text" }, mrkdwn(message.text))];
  if (message.edited) markEdited(shown, message.edited.ts);
  const attached = (message.attachments || []).map((attachment) =>
    el("div", { class: "attachment" }, attachment.blocks ? blocks(attachment.blocks, use) : mrkdwn(attachment.text || attachment.fallback || "")));
  return [...shown, ...attached, ...(message.files || []).map(file)];
}

// Slack writes "(edited)" after the last words, or below when there are none.
function markEdited(shown, ts) {
  const mark = el("span", { class: "edited", title: at(ts).toLocaleString() }, " (edited)");
  const texts = shown.flatMap((block) => [...(block.matches(".text") ? [block] : []), ...block.querySelectorAll(".section-body > .text")]);
  if (texts.length) texts.pop().append(mark);
  else shown.push(mark);
}

function file(item) {
  const address = new URL(item.url_private).pathname;
  if (item.mimetype.startsWith("image/")) {
    return el("figure", { class: "block", "data-testid": "file" }, el("figcaption", {}, item.title), el("a", { href: address, target: "_blank", rel: "noopener" },
      el("img", { class: "picture", src: address, alt: item.alt_txt || item.title })));
  }
  return el("a", { class: "file", href: address, download: item.name },
    el("span", { class: "file-name" }, item.title), el("span", { class: "file-size" }, `${item.mimetype} · ${item.size} bytes`));
}

function pill(message, reaction, doing) {
  const mine = reaction.users.includes(names.me);
  return el("button", {
    type: "button", class: mine ? "reaction mine" : "reaction", "data-testid": `reaction-${reaction.name}`,
    "aria-pressed": String(mine), title: `${list(reaction.users)} reacted with :${reaction.name}:`,
    "aria-label": `${reaction.name}, ${reaction.count}: ${list(reaction.users)}`,
    onclick: () => doing.react(message, reaction.name, !mine),
  }, el("span", { class: "emoji" }, emojiFor(reaction.name)), el("span", {}, String(reaction.count)));
}

// The row below a message; on a phone it stands in for the toolbar, which needs a mouse.
function reactions(message, doing, inThread) {
  if (message.is_ephemeral) return null;
  const given = message.reactions || [];
  const picker = el("span", { class: "picker", hidden: true }, PICKER.map((name) =>
    el("button", { type: "button", class: "tool", "aria-label": `React with ${name}`, "data-testid": `pick-${name}`, onclick: () => doing.react(message, name, true) }, emojiFor(name))));
  const add = el("button", { type: "button", class: "reaction add", "data-testid": "add-reaction", "aria-label": "Add a reaction", onclick: () => { picker.hidden = !picker.hidden; } }, "☺+");
  const reply = inThread ? null : el("button", { type: "button", class: "reaction reply", "aria-label": "Reply in thread", onclick: () => doing.openThread(message.thread_ts || message.ts) }, "Reply");
  return el("div", { class: given.length ? "reactions" : "reactions none" }, given.map((reaction) => pill(message, reaction, doing)), add, picker, reply);
}

function toolbar(message, doing, inThread) {
  const mine = new Set((message.reactions || []).filter((r) => r.users.includes(names.me)).map((r) => r.name));
  const buttons = PICKER.slice(0, 4).map((name) =>
    el("button", { type: "button", class: "tool", "data-testid": `react-${name}`, title: `:${name}:`, "aria-label": `React with ${name}`,
      onclick: () => doing.react(message, name, !mine.has(name)) }, emojiFor(name)));
  const reply = el("button", { type: "button", class: "tool", "data-testid": "reply", title: "Reply in thread", "aria-label": "Reply in thread",
    onclick: () => doing.openThread(message.thread_ts || message.ts) }, "💬");
  return el("div", { class: "toolbar" }, buttons, inThread ? null : reply);
}

function threadFooter(message, doing) {
  if (!message.reply_count) return null;
  const faces = message.reply_users.slice(0, 4).map((id) => face(doing.person(id), doing.isApp(id)));
  const count = `${message.reply_count} ${message.reply_count === 1 ? "reply" : "replies"}`;
  return el("button", { type: "button", class: "thread-footer", "data-testid": "open-thread", onclick: () => doing.openThread(message.ts) },
    el("span", { class: "faces" }, faces), el("span", { class: "thread-count" }, count),
    el("span", { class: "thread-last" }, `Last reply at ${clockTime(message.latest_reply)}`));
}

// `item`: {message, compact, inThread}; `doing`: what clicks lead to.
export function messageRow({ message, compact, inThread }, doing) {
  const person = doing.person(message.user);
  const isApp = doing.isApp(message.user);
  const time = el("time", { class: "at", datetime: at(message.ts).toISOString(), title: at(message.ts).toLocaleString() }, clockTime(message.ts));
  const head = el("div", { class: "message-head" }, el("span", { class: "author" }, isApp ? names.app : person?.real_name || "?"),
    isApp ? el("span", { class: "badge" }, "APP") : null, time);
  const above = message.is_ephemeral ? el("div", { class: "only-you" }, el("span", { "aria-hidden": "true" }, "👁 "), "Only visible to you",
    el("button", { type: "button", class: "linkish", "data-testid": "dismiss", onclick: () => doing.dismiss(message) }, "Dismiss")) : null;
  const broadcast = message.subtype === "thread_broadcast" && !inThread ? replied(message, doing) : null;
  return el("article", {
    class: `message ${compact ? "compact" : ""} ${message.is_ephemeral ? "ephemeral" : ""}`, "data-testid": "message", "data-ts": message.ts,
  }, el("div", { class: "gutter" }, compact ? time.cloneNode(true) : face(person, isApp)),
  el("div", { class: "content" }, above, compact ? null : head, broadcast,
    message.subtype === "tombstone" ? el("div", { class: "tombstone" }, message.text) : body(message, doing),
    reactions(message, doing, inThread), inThread ? null : threadFooter(message, doing)),
  message.is_ephemeral ? null : toolbar(message, doing, inThread));
}

function replied(message, doing) {
  const thread = el("button", { type: "button", class: "linkish", "data-root": message.thread_ts, onclick: () => doing.openThread(message.thread_ts) });
  return el("div", { class: "replied" }, "replied to a thread: ", thread);
}

// Says in each reply to the channel what its thread is about now: that message may have changed since.
export function nameThreads(root, messages) {
  const texts = new Map(messages.map((message) => [message.ts, message.text.split("\n")[0]]));
  for (const link of root.querySelectorAll("[data-root]")) {
    const text = texts.get(link.dataset.root) || "a message";
    if (link.dataset.text !== text) link.replaceChildren(...mrkdwn(text));
    link.dataset.text = text;
  }
}

// Rows with the day between them; messages of one author within five minutes stand together.
export function rows(messages, inThread) {
  const items = [];
  let before = null;
  for (const message of messages) {
    const day = at(message.ts).toDateString();
    if (!inThread && (!before || at(before.ts).toDateString() !== day)) items.push({ key: `day ${day}`, signature: day, day });
    const together = before && before.user === message.user && message.ts - before.ts < 300 && !before.is_ephemeral && !message.is_ephemeral
      && !message.subtype && at(before.ts).toDateString() === day;
    items.push({ key: message.ts, signature: JSON.stringify([message, Boolean(together), names.me]), message, compact: Boolean(together), inThread });
    before = message;
  }
  return items;
}

export const dayLine = (day) => el("div", { class: "day" }, el("span", {}, day === new Date().toDateString() ? "Today" : day));
