// The confirmation that a control may ask for, and the passing notes at the bottom.

import { el } from "./dom.js";
import { mrkdwn, plainText } from "./mrkdwn.js";

const words = (text) => (text.type === "mrkdwn" ? mrkdwn(text.text) : plainText(text.text));

// Resolves to true when the person confirms.
export function askFirst(confirm) {
  const dialog = document.querySelector("dialog.confirm");
  return new Promise((resolve) => {
    const end = (answer) => { dialog.close(); resolve(answer); };
    dialog.oncancel = () => resolve(false);
    dialog.replaceChildren(
      el("h2", {}, words(confirm.title)),
      el("div", { class: "dialog-body" }, words(confirm.text)),
      el("div", { class: "dialog-actions" },
        el("button", { class: "block-button", "data-testid": "confirm-no", onclick: () => end(false) }, confirm.deny ? words(confirm.deny) : "Cancel"),
        el("button", { class: `block-button ${confirm.style === "danger" ? "danger filled" : "primary"}`, "data-testid": "confirm-yes", onclick: () => end(true) },
          confirm.confirm ? words(confirm.confirm) : "Yes")));
    dialog.showModal();
  });
}

export function toast(text, kind = "error") {
  const note = el("div", { class: `toast ${kind}`, "data-testid": "toast" }, text);
  document.querySelector(".toasts").append(note);
  setTimeout(() => note.classList.add("going"), 6500);
  setTimeout(() => note.remove(), 7000);
}
