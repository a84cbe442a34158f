// Block Kit to elements. `use(element, value)` is called when somebody acts on a control.

import { chart } from "./chart.js";
import { el } from "./dom.js";
import { control, image, words } from "./elements.js";
import { markdown } from "./markdown.js";
import { richText, table } from "./rich.js";

const STATES = { pending: "○", in_progress: "◐", complete: "✓", error: "✕" };

function section(block, use) {
  const body = el("div", { class: "section-body" },
    block.text ? el("div", { class: "text" }, words(block.text)) : null,
    block.fields ? el("div", { class: "fields" }, block.fields.map((field) => el("div", { class: "text" }, words(field)))) : null);
  return el("div", { class: "block section" }, body, block.accessory ? el("div", { class: "accessory" }, control(block.accessory, use)) : null);
}

function context(block) {
  const shown = block.elements.map((element) =>
    element.type === "image" ? image(element, "context-image") : el("span", {}, words(element)));
  return el("div", { class: "block context" }, shown);
}

function input(block, use) {
  const shown = control(block.element, block.dispatch_action ? use : null);
  const several = ["checkboxes", "radio_buttons", "multi_static_select"].includes(block.element.type);
  const label = [words(block.label), block.optional ? el("span", { class: "optional" }, " (optional)") : null];
  const head = several ? el("legend", {}, label) : el("label", {}, label);
  if (!several) {
    shown.id = `input-${block.block_id}`;
    head.htmlFor = shown.id;
  }
  return el(several ? "fieldset" : "div", { class: "block input" }, head, shown,
    block.hint ? el("p", { class: "hint" }, words(block.hint)) : null);
}

function task(block) {
  return el("div", { class: `task ${block.status}` },
    el("span", { class: "task-mark", role: "img", "aria-label": block.status.replace("_", " ") }, STATES[block.status]),
    el("div", {}, el("span", { class: "task-title" }, block.title),
      block.details ? richText(block.details) : null, block.output ? richText(block.output) : null));
}

const plan = (block) =>
  el("div", { class: "block plan" }, el("p", { class: "plan-title" }, block.title), (block.tasks || []).map(task));

function card(block, use) {
  return el("div", { class: "block card" },
    block.hero_image ? image(block.hero_image, "picture") : null,
    block.title ? el("div", { class: "card-title" }, words(block.title)) : null,
    block.subtitle ? el("div", { class: "card-subtitle" }, words(block.subtitle)) : null,
    block.body ? el("div", { class: "text" }, words(block.body)) : null,
    block.actions ? el("div", { class: "actions" }, block.actions.map((element) => control(element, use))) : null);
}

function container(block, use) {
  const title = block.rich_text_title ? richText(block.rich_text_title) : words(block.title);
  const inside = blocks(block.child_blocks, use);
  if (!block.is_collapsible) return el("div", { class: "block container" }, el("div", { class: "container-title" }, title), inside);
  return el("details", { class: "block container", open: !block.default_collapsed }, el("summary", {}, title), inside);
}

// A picture opens in full beside the page.
const opened = (picture) => (picture.src ? el("a", { href: picture.src, target: "_blank", rel: "noopener" }, picture) : picture);

const KINDS = {
  section, context, input, plan, card, container,
  header: (block) => el("div", { class: "block header", role: "heading", "aria-level": "3" }, words(block.text)),
  divider: () => el("hr", { class: "block" }),
  actions: (block, use) => el("div", { class: "block actions", "data-testid": "actions" }, block.elements.map((element) => control(element, use))),
  image: (block) => el("figure", { class: "block" }, block.title ? el("figcaption", {}, words(block.title)) : null, opened(image(block, "picture"))),
  markdown: (block) => el("div", { class: "block" }, markdown(block.text)),
  rich_text: (block) => el("div", { class: "block" }, richText(block)),
  table: (block) => el("div", { class: "block" }, table(block)),
  data_table: (block) => el("div", { class: "block" }, table(block)),
  data_visualization: chart,
  alert: (block) => el("div", { class: `block alert ${block.level || "default"}` }, words(block.text)),
  task_card: (block) => el("div", { class: "block plan" }, task(block)),
  carousel: (block, use) => el("div", { class: "block carousel" }, block.elements.map((inner) => card(inner, use))),
};

export const blocks = (list, use) => list.map((block) => {
  const useHere = (element, value) => use({ block_id: block.block_id, ...element }, value);
  const shown = KINDS[block.type]?.(block, useHere) ?? el("div", { class: "block unknown" }, `(a ${block.type} block isn't shown here)`);
  shown.dataset.blockId = block.block_id;
  return shown;
});
