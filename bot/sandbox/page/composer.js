// The message box: Enter sends, Shift+Enter breaks the line, `/` offers commands.

import { el } from "./dom.js";

export function composer(form, send, completions = () => []) {
  const box = form.querySelector("textarea");
  const button = form.querySelector(".send");
  const offers = form.querySelector(".completions");
  const said = [];
  let back = 0;
  let chosen = 0;

  const grow = () => {
    box.style.height = "auto";
    if (box.value) box.style.height = `${Math.min(box.scrollHeight, 160)}px`;
    button.disabled = !box.value.trim();
  };

  const matching = () => {
    const typed = box.value.toLowerCase();
    if (!typed.startsWith("/") || typed.includes("\n")) return [];
    return completions().filter((line) => line.toLowerCase().startsWith(typed) && line.toLowerCase() !== typed).slice(0, 9);
  };

  const offer = () => {
    if (!offers) return;
    const found = matching();
    chosen = Math.min(chosen, Math.max(0, found.length - 1));
    offers.hidden = !found.length;
    offers.replaceChildren(...found.map((line, index) => {
      const [, command, rest] = /^(\S+)(.*)$/.exec(line);
      return el("li", { role: "option", "data-testid": "completion", "aria-selected": String(index === chosen), onmousedown: (event) => { event.preventDefault(); take(line); } },
        el("strong", {}, command), rest);
    }));
  };

  const put = (text) => {
    box.value = text;
    grow();
    offer();
    box.focus();
  };
  const take = (line) => put(line.endsWith("…") ? line.slice(0, -1) : line);

  const submit = () => {
    const text = box.value.trim();
    if (!text) return;
    said.unshift(text);
    back = 0;
    put("");
    send(text);
  };

  const keys = {
    Enter: (event) => { if (!event.shiftKey) { event.preventDefault(); submit(); } },
    Tab: (event) => { const found = matching(); if (found.length) { event.preventDefault(); take(found[chosen]); } },
    Escape: () => { if (offers) offers.hidden = true; },
    ArrowDown: (event) => move(event, 1),
    ArrowUp: (event) => move(event, -1),
  };

  const move = (event, step) => {
    const count = matching().length;
    if (count && !offers.hidden) {
      event.preventDefault();
      chosen = (chosen + step + count) % count;
      offer();
    } else if (step === -1 && said.length && (!box.value || said[back - 1] === box.value)) {
      event.preventDefault();
      put(said[Math.min(back, said.length - 1)]);
      back = Math.min(back + 1, said.length);
      if (offers) offers.hidden = true;
    }
  };

  box.addEventListener("keydown", (event) => keys[event.key]?.(event));
  box.addEventListener("input", () => { chosen = 0; grow(); offer(); });
  box.addEventListener("blur", () => { if (offers) offers.hidden = true; });
  form.addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  return { say: (text) => { box.placeholder = text; }, put };
}
