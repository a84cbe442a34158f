// What one can act on inside a message or view: buttons, menus, pickers. `use(element, value)` tells the app.

import { el, safeLink } from "./dom.js";
import { askFirst } from "./dialogs.js";
import { mrkdwn, names, plainText } from "./mrkdwn.js";

export const words = (text) => (!text ? [] : text.type === "mrkdwn" ? mrkdwn(text.text) : plainText(text.text));

const slug = (id) => `action-${id}`;

// `undo` puts the control back when the person thinks better of it.
async function useAfterConfirm(element, use, value, undo = () => {}) {
  if (!use) return;
  if (!element.confirm || (await askFirst(element.confirm))) use(element, value);
  else undo();
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
  const choice = (option) => el("option", { value: option.value }, words(option.text));
  const options = element.option_groups ? element.option_groups.map((group) => el("optgroup", { label: group.label.text }, group.options.map(choice)))
    : (element.options || []).map(choice);
  const chosen = element.initial_option?.value ?? "";
  const shown = el("select", {
    class: "block-select", name: element.action_id, "data-testid": slug(element.action_id), "aria-label": empty,
    onchange: () => useAfterConfirm(element, use, shown.value || null, () => { shown.value = chosen; }),
  }, el("option", { value: "" }, empty), options);
  shown.value = chosen;
  return shown;
}

function directory(element, use, entries, initial) {
  const options = [...entries].map(([value, text]) => ({ value, text: { type: "plain_text", text } }));
  return select({ ...element, options, initial_option: options.find(({ value }) => value === element[initial]) }, use);
}

function choices(element, use, type) {
  const started = new Set([element.initial_option, ...(element.initial_options || [])].filter(Boolean).map((option) => option.value));
  const group = el("div", { class: "choices", "data-testid": slug(element.action_id), role: type === "radio" ? "radiogroup" : "group" });
  const changed = () => {
    const values = [...group.querySelectorAll("input:checked")].map((input) => input.value);
    useAfterConfirm(element, use, type === "radio" ? values[0] ?? null : values, () => {
      group.querySelectorAll("input").forEach((input) => { input.checked = started.has(input.value); });
    });
  };
  for (const option of offered(element)) {
    const input = el("input", { type, name: element.action_id, value: option.value, checked: started.has(option.value), "data-testid": `option-${option.value}`, onchange: changed });
    const hint = option.description ? el("small", {}, words(option.description)) : null;
    group.append(el("label", {}, input, el("span", {}, words(option.text), hint)));
  }
  return group;
}

// Slack tells the app at Enter unless the element asks for every character.
function textInput(element, use, type) {
  const moments = element.dispatch_action_config?.trigger_actions_on || ["on_enter_pressed"];
  const tell = (event) => useAfterConfirm(element, use, event.target.value || null);
  const enter = (event) => {
    if (event.key !== "Enter" || event.shiftKey || !use || !moments.includes("on_enter_pressed")) return;
    event.preventDefault();
    tell(event);
  };
  const shared = {
    name: element.action_id, "data-testid": slug(element.action_id), placeholder: element.placeholder?.text, maxlength: element.max_length,
    onkeydown: enter, oninput: moments.includes("on_character_entered") ? tell : null,
  };
  return element.multiline ? el("textarea", { ...shared, rows: 4, value: element.initial_value || "" })
    : el("input", { ...shared, type, value: element.initial_value || "" });
}

function picker(element, use, type, initial) {
  return el("input", { type, name: element.action_id, class: "block-select", value: element[initial] || "",
    "aria-label": element.placeholder?.text, "data-testid": slug(element.action_id),
    onchange: (event) => useAfterConfirm(element, use, event.target.value || null) });
}

const KINDS = {
  button, overflow,
  static_select: select, external_select: select,
  users_select: (element, use) => directory(element, use, names.people, "initial_user"),
  channels_select: (element, use) => directory(element, use, names.channels, "initial_channel"),
  conversations_select: (element, use) => directory(element, use, names.channels, "initial_conversation"),
  radio_buttons: (element, use) => choices(element, use, "radio"),
  checkboxes: (element, use) => choices(element, use, "checkbox"),
  multi_static_select: (element, use) => choices(element, use, "checkbox"),
  plain_text_input: (element, use) => textInput(element, use, "text"),
  email_text_input: (element, use) => textInput(element, use, "email"),
  url_text_input: (element, use) => textInput(element, use, "url"),
  number_input: (element, use) => textInput(element, use, "number"),
  datepicker: (element, use) => picker(element, use, "date", "initial_date"),
  timepicker: (element, use) => picker(element, use, "time", "initial_time"),
  image: (element) => image(element, "thumb"),
};

export function image(element, kind) {
  const address = element.slack_file ? `/files/${element.slack_file.id}` : safeLink(element.image_url || "");
  return address ? el("img", { src: address, alt: element.alt_text, class: kind, loading: "lazy" }) : el("span", {}, element.alt_text);
}

const fields = (root) => [...root.querySelectorAll("[data-action-id]")].filter((field) => field.matches("input, select, textarea, .choices"));
const ticks = (field) => [...field.querySelectorAll("input")];
const nameOf = (field) => `${field.closest("[data-block-id]").dataset.blockId}/${field.dataset.actionId}`;

function valueOf(field) {
  if (!field.matches(".choices")) return field.value || null;
  const ticked = ticks(field).filter((input) => input.checked).map((input) => input.value);
  return field.matches("[role=radiogroup]") ? ticked[0] ?? null : ticked;
}

function put(field, value) {
  if (field.matches(".choices")) ticks(field).forEach((input) => { input.checked = [value].flat().includes(input.value); });
  else if (!field.options || [...field.options].some((option) => option.value === (value || ""))) field.value = value || "";
}

// What the controls within `root` hold, by `block/action`: what was typed, the value chosen, or the list of those ticked.
export const held = (root) => Object.fromEntries(fields(root).map((field) => [nameOf(field), valueOf(field)]));

// Keeps what the controls within `root` hold, and gives a function that puts it into their successors.
export function keep(root) {
  const before = held(root);
  return (fresh) => fields(fresh).filter((field) => nameOf(field) in before).forEach((field) => put(field, before[nameOf(field)]));
}

export function control(element, use) {
  const shown = KINDS[element.type]?.(element, use) ?? el("em", { class: "unknown" }, `(${element.type} isn't shown here)`);
  if (element.action_id) shown.dataset.actionId = element.action_id;
  return shown;
}
