// The modal that somebody has open: inputs, errors of the last submission, submit and close.

import { act } from "./api.js";
import { blocks } from "./blocks.js";
import { toast } from "./dialogs.js";
import { el } from "./dom.js";
import { words } from "./elements.js";

const dialog = document.querySelector("dialog.modal");
let shown = "";

// What was typed or chosen, by action id; blank inputs are left out.
function values(view) {
  const found = {};
  for (const block of view.blocks.filter((candidate) => candidate.type === "input")) {
    const { action_id: name, type } = block.element;
    const place = dialog.querySelector(`[data-block-id="${CSS.escape(block.block_id)}"]`);
    const checked = [...place.querySelectorAll("input:checked")].map((input) => input.value);
    if (type === "checkboxes" || type === "multi_static_select") found[name] = checked;
    else if (type === "radio_buttons") found[name] = checked[0];
    else found[name] = place.querySelector(`[name="${CSS.escape(name)}"]`)?.value || undefined;
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

function showErrors(errors) {
  dialog.querySelectorAll(".input-error").forEach((old) => old.remove());
  for (const [blockId, text] of Object.entries(errors || {})) {
    dialog.querySelector(`[data-block-id="${CSS.escape(blockId)}"]`)?.append(el("p", { class: "input-error", role: "alert", "data-testid": "input-error" }, text));
  }
}

async function submit(event, view, me) {
  event.preventDefault();
  const button = dialog.querySelector("[data-testid=modal-submit]");
  button.disabled = true;
  try {
    const outcome = await act("submit", { user: me, view_id: view.id, values: values(view) });
    if (outcome.app_error) toast("We had some trouble connecting. Try again?");
  } catch (mistake) {
    toast(mistake.message);
  }
  button.disabled = false;
}

export function showModal(view, me, use) {
  if (!view) {
    if (dialog.open) dialog.close();
    shown = "";
    return;
  }
  if (view.id + view.hash !== shown) {
    const close = () => act("close", { user: me, view_id: view.id });
    dialog.oncancel = (event) => { event.preventDefault(); close(); };
    dialog.replaceChildren(el("form", { onsubmit: (event) => submit(event, view, me), novalidate: true },
      el("div", { class: "panel-head" }, el("h2", {}, words(view.title)),
        el("button", { type: "button", class: "icon-button", "aria-label": "Close", onclick: close }, "✕")),
      el("div", { class: "dialog-body" }, blocks(view.blocks, (element, value) => use(view, element, value))),
      el("div", { class: "dialog-actions" },
        el("button", { type: "button", class: "block-button", "data-testid": "modal-close", onclick: close }, view.close ? words(view.close) : "Close"),
        view.submit ? el("button", { class: "block-button primary", "data-testid": "modal-submit" }, words(view.submit)) : null)));
    shown = view.id + view.hash;
    if (!dialog.open) dialog.showModal();
    dialog.querySelector(".input input, .input textarea, .input select")?.focus();
  }
  showErrors(view.errors);
}
