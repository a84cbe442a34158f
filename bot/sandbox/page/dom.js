// Builds elements. Text is always set as text: nothing that an app sends is ever read as HTML.

export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value") element.value = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

// A click needs the same element at its beginning and its end, so what is pressed stays until it's let go.
const isInUse = (element) => element.matches(":active") || element.querySelector(".menu:not([hidden])");

// Makes the children of `parent` be `items`, in order. An item whose key and signature are unchanged keeps its element,
// and so does one in use; a control that had the focus has it again.
export function reconcile(parent, items, build) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const after = items.map((item) => {
    const old = before.get(item.key);
    if (old && (old.dataset.signature === item.signature || isInUse(old))) return old;
    const fresh = build(item);
    fresh.dataset.key = item.key;
    fresh.dataset.signature = item.signature;
    if (old) {
      fresh.classList.add("changed");
      const focus = old.contains(document.activeElement) && document.activeElement.dataset.testid;
      if (focus) queueMicrotask(() => fresh.querySelector(`[data-testid="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true }));
    }
    return fresh;
  });
  after.forEach((element, index) => {
    if (parent.children[index] !== element) parent.insertBefore(element, parent.children[index] || null);
  });
  while (parent.children.length > after.length) parent.lastElementChild.remove();
}

export const safeLink = (url) => (/^(https?:|mailto:|\/)/i.test(url) ? url : null);
