// What one can act on inside a message or view: buttons, menus, pickers. `use(element, value)` tells the app.

import { el, safeLink } from "./dom.js";
import { askFirst } from "./dialogs.js";
import { mrkdwn, names, plainText } from "./mrkdwn.js";

export const words = (text) => (!text ? [] : text.type === "mrkdwn" ? mrkdwn(text.text) : plainText(text.text));

const slug = (id) => `action-${id}`;

async function useAfterConfirm(element, use, value) {
  if (!element.confirm || (await askFirst(element.confirm))) use(element, value);
}

function button(element, use) {
  const press = () => {
    if (element.url && safeLink(element.url)) window.open(element.url, "_blank", "noopener");
    useAfterConfirm(element, use, element.value ?? null);
  };
  return el("button", {
    type: "button", class: `block-button ${element.style || ""}`, "data-testid": slug(element.action_id),
    "aria-label": element.accessibility_label, onclick: press,
  }, words(element.text), element.url ? el("span", { class: "away", "aria-hidden": "true" }, " ↗") : null);
}

function overflow(element, use) {
  const menu = el("div", { class: "menu", role: "menu", hidden: true });
  const opener = el("button", {
    type: "button", class: "block-button overflow", "aria-label": "More", "aria-haspopup": "menu", "aria-expanded": "false",
    "data-testid": slug(element.action_id), onclick: (event) => { event.stopPropagation(); toggle(menu.hidden); },
  }, "⋯");
  const toggle = (open) => {
    if (open) document.dispatchEvent(new Event("close-menus"));
    else document.dispatchEvent(new Event("menu-closed"));
    menu.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    menu.classList.toggle("above", open && opener.getBoundingClientRect().bottom > window.innerHeight - 260);
    if (open) menu.firstElementChild.focus();
  };
  for (const option of element.options) {
    const choose = () => { toggle(false); useAfterConfirm(element, use, option.value); };
    menu.append(el("button", { type: "button", role: "menuitem", "data-testid": `option-${option.value}`, onclick: choose }, words(option.text)));
  }
  menu.addEventListener("keydown", (event) => moveIn(menu, event, () => { toggle(false); opener.focus(); }));
  document.addEventListener("close-menus", () => { if (!menu.hidden) toggle(false); });
  return el("span", { class: "menu-anchor" }, opener, menu);
}

function moveIn(menu, event, close) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape") close();
  if (!step) return;
  event.preventDefault();
  const items = [...menu.children];
  items[(items.indexOf(document.activeElement) + step + items.length) % items.length].focus();
}

const offered = (element) => element.options || (element.option_groups || []).flatMap((group) => group.options);

function select(element, use) {
  const empty = element.placeholder?.text || "Choose…";
  const options = offered(element).map((option) => el("option", { value: option.value }, words(option.text)));
  const chosen = element.initial_option?.value ?? "";
  const shown = el("select", {
    class: "block-select", name: element.action_id, "data-testid": slug(element.action_id), "aria-label": empty,
    onchange: (event) => useAfterConfirm(element, use, event.target.value),
  }, el("option", { value: "" }, empty), options);
  shown.value = chosen;
  return shown;
}

function directory(element, use, entries) {
  const options = [...entries].map(([value, text]) => ({ value, text: { type: "plain_text", text } }));
  return select({ ...element, options }, use);
}

function choices(element, use, type) {
  const started = new Set([element.initial_option, ...(element.initial_options || [])].filter(Boolean).map((option) => option.value));
  const group = el("div", { class: "choices", "data-testid": slug(element.action_id), role: type === "radio" ? "radiogroup" : "group" });
  const changed = () => {
    const values = [...group.querySelectorAll("input:checked")].map((input) => input.value);
    useAfterConfirm(element, use, type === "radio" ? values[0] ?? null : values);
  };
  for (const option of offered(element)) {
    const input = el("input", { type, name: element.action_id, value: option.value, checked: started.has(option.value), onchange: changed });
    const hint = option.description ? el("small", {}, words(option.description)) : null;
    group.append(el("label", {}, input, el("span", {}, words(option.text), hint)));
  }
  return group;
}

function textInput(element, type) {
  const shared = { name: element.action_id, "data-testid": slug(element.action_id), placeholder: element.placeholder?.text, maxlength: element.max_length };
  return element.multiline ? el("textarea", { ...shared, rows: 4, value: element.initial_value || "" })
    : el("input", { ...shared, type, value: element.initial_value || "" });
}

function picker(element, use, type, initial) {
  return el("input", { type, name: element.action_id, class: "block-select", value: element[initial] || "",
    "data-testid": slug(element.action_id), onchange: (event) => useAfterConfirm(element, use, event.target.value) });
}

const KINDS = {
  button, overflow,
  static_select: select, external_select: select,
  users_select: (element, use) => directory(element, use, names.people),
  channels_select: (element, use) => directory(element, use, names.channels),
  conversations_select: (element, use) => directory(element, use, names.channels),
  radio_buttons: (element, use) => choices(element, use, "radio"),
  checkboxes: (element, use) => choices(element, use, "checkbox"),
  multi_static_select: (element, use) => choices(element, use, "checkbox"),
  plain_text_input: (element) => textInput(element, "text"),
  email_text_input: (element) => textInput(element, "email"),
  url_text_input: (element) => textInput(element, "url"),
  number_input: (element) => textInput(element, "number"),
  datepicker: (element, use) => picker(element, use, "date", "initial_date"),
  timepicker: (element, use) => picker(element, use, "time", "initial_time"),
  image: (element) => image(element, "thumb"),
};

export const image = (element, kind) =>
  safeLink(element.image_url || "") ? el("img", { src: element.image_url, alt: element.alt_text, class: kind, loading: "lazy" }) : el("span", {}, element.alt_text);

export function control(element, use) {
  const shown = KINDS[element.type]?.(element, use) ?? el("em", { class: "unknown" }, `(${element.type} isn't shown here)`);
  if (element.action_id) shown.dataset.actionId = element.action_id;
  return shown;
}
