// The modal that somebody has open: inputs, errors of the last submission, submit and close.

import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { held, keep, words } from "./elements.js";

const dialog = document.querySelector("dialog.modal");
let shown = null;
let closed = "";
let told = "";

function showErrors(errors) {
  dialog.querySelectorAll(".input-error").forEach((old) => old.remove());
  for (const [blockId, text] of Object.entries(errors || {})) {
    const block = dialog.querySelector(`[data-block-id="${CSS.escape(blockId)}"]`);
    block?.append(el("p", { class: "input-error", role: "alert", "data-testid": "input-error" }, text));
  }
  const first = dialog.querySelector(".input:has(.input-error)");
  first?.querySelector("input, textarea, select")?.focus();
  first?.scrollIntoView({ block: "nearest" });
}

const isBlank = (value) => value === null || value === undefined || value.length === 0;

// Slack doesn't send a form in which something is missing.
function missing(view, values) {
  const needed = view.blocks.filter((block) => block.type === "input" && !block.optional);
  const blank = needed.filter(({ block_id: id, element }) => isBlank(values[`${id}/${element.action_id}`]));
  return Object.fromEntries(blank.map((block) => [block.block_id, "Please complete this required field."]));
}

async function submit(event, view, me) {
  event.preventDefault();
  const values = held(dialog);
  const blank = missing(view, values);
  showErrors(blank);
  if (Object.keys(blank).length) return;
  told = "";
  const button = dialog.querySelector("[data-testid=modal-submit]");
  button.disabled = true;
  try {
    const outcome = await act("submit", { user: me, view_id: view.id, values });
    if (outcome.app_error) toast("We had some trouble connecting. Try again?");
  } catch (mistake) {
    toast(mistake.message);
  }
  button.disabled = false;
}

function form(view, me, use) {
  const close = () => {
    closed = view.id;
    showModal(null);
    act("close", { user: me, view_id: view.id });
  };
  dialog.oncancel = (event) => { event.preventDefault(); close(); };
  return el("form", { onsubmit: (event) => submit(event, view, me), novalidate: true },
    el("div", { class: "panel-head" }, el("h2", { "data-testid": "modal-title" }, words(view.title)),
      el("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: close }, "✕")),
    el("div", { class: "dialog-body" }, blocks(view.blocks, (element, value) => use(view, element, value, held(dialog)))),
    el("div", { class: "dialog-actions" },
      el("button", { type: "button", class: "block-button", "data-testid": "modal-close", onclick: close }, view.close ? words(view.close) : "Close"),
      view.submit ? el("button", { class: "block-button primary", "data-testid": "modal-submit" }, words(view.submit)) : null));
}

// An update of the view that is open keeps what was typed, where one was, and how far one had scrolled.
function redraw(view, me, use) {
  const restore = keep(dialog);
  const at = dialog.querySelector(".dialog-body").scrollTop;
  const focus = document.activeElement?.dataset.testid;
  dialog.replaceChildren(form(view, me, use));
  restore(dialog);
  dialog.querySelector(".dialog-body").scrollTop = at;
  if (focus) dialog.querySelector(`[data-testid="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
}

export function showModal(view, me, use) {
  if (view && view.id === closed) return;
  if (!view) {
    if (dialog.open) dialog.close();
  } else if (view.id !== shown?.id) {
    dialog.replaceChildren(form(view, me, use));
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".input input, .input textarea, .input select")?.focus();
  } else if (view.hash !== shown.hash) {
    redraw(view, me, use);
  }
  shown = view;
  const errors = JSON.stringify(view?.errors || {});
  if (errors !== told) showErrors(JSON.parse(errors));
  told = errors;
}
