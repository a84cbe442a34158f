// Puts the page together: who acts, where they look, and what is drawn again when something changes.

import { act, follow, read } from "./api.js";
import { blocks } from "./blocks.js";
import { composer } from "./composer.js";
import { toast } from "./dialogs.js";
import { el, reconcile } from "./dom.js";
import { held } from "./elements.js";
import { dayLine, face, messageRow, nameThreads, rows } from "./messages.js";
import { showModal } from "./modal.js";
import { names } from "./mrkdwn.js";
import { servicePanel } from "./service.js";

const $ = (selector) => document.querySelector(selector);
const HOME = "home";
const state = { world: null, me: "", place: "", thread: null, dismissed: new Set(), unread: new Set() };
const kept = (name, value) => (value === undefined ? sessionStorage.getItem(name) : sessionStorage.setItem(name, value));

const person = (id) => state.world.people.find((candidate) => candidate.id === id);
const isApp = (id) => id === state.world.app.user_id;
const failure = (line, error) => `${line} failed with the error “${error}”${error === "operation_timeout" ? ": the app did not answer within 3 seconds." : ": the app is not reachable."}`;

async function doIt(name, what, line) {
  try {
    const outcome = await act(name, { user: state.me, ...what });
    if (outcome.app_error) toast(failure(line, outcome.app_error));
  } catch (mistake) {
    toast(mistake.message);
  }
}

const doing = {
  person, isApp,
  click: (message, element, value, typed) => doIt("click", { channel: state.place, ts: message.ts, action_id: element.action_id, block_id: element.block_id, value, typed, seen: message }, `“${element.text?.text || "This"}”`),
  react: (message, name, on) => doIt(on ? "react" : "unreact", { channel: state.place, ts: message.ts, name }),
  openThread: (ts) => { state.thread = ts; draw(); },
  dismiss: (message) => { state.dismissed.add(message.ts); draw(); },
};

const useInView = (view, element, value, typed) => doIt("click_view", { view_id: view.id, action_id: element.action_id, block_id: element.block_id, value, typed, seen: view.blocks }, `“${element.text?.text || "This"}”`);

// Drawing

const isLow = (scroll) => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
const toTheEnd = (scroll) => { scroll.scrollTop = scroll.scrollHeight; };

// Whoever reads the end goes on reading it; whoever reads elsewhere is told of what came.
function fill(scroll, items) {
  const low = isLow(scroll);
  const last = scroll.lastElementChild?.dataset.key;
  reconcile(scroll, items, (item) => (item.day ? dayLine(item.day) : paint(messageRow(item, doing))));
  if (low) toTheEnd(scroll);
  else if (last && last !== items.at(-1)?.key) scroll.parentElement.querySelector(".newer").hidden = false;
}

// Colours of faces are set here: the page's policy allows no inline styles in markup.
function paint(root) {
  root.querySelectorAll("[data-hue]").forEach((found) => found.style.setProperty("--hue", found.dataset.hue));
  return root;
}

let drawing = 0;
async function draw() {
  const turn = ++drawing;
  drawFrame();
  const [views, { messages }] = await Promise.all([
    read("/sandbox/views", { user: state.me }),
    state.place === HOME ? {} : read("/sandbox/channel", { user: state.me, channel: state.place }),
  ]);
  if (turn !== drawing) return;
  showModal(views.modal, state.me, useInView);
  if (state.place === HOME) drawHome(views.home);
  else drawChannel(messages);
}

function drawChannel(messages) {
  const visible = messages.filter((message) => !state.dismissed.has(message.ts));
  const inChannel = visible.filter((message) => !message.thread_ts || message.thread_ts === message.ts || message.subtype === "thread_broadcast");
  fill($("[data-testid=messages]"), inChannel.length ? rows(inChannel, false) : []);
  $("[data-testid=messages]").classList.toggle("empty", !inChannel.length);
  nameThreads($("[data-testid=messages]"), messages);
  drawThread(visible);
  find();
}

function drawThread(messages) {
  const open = state.thread && messages.some((message) => message.ts === state.thread);
  $(".thread").hidden = !open;
  document.body.classList.toggle("with-thread", Boolean(open));
  if (!open) return;
  const replies = messages.filter((message) => message.ts === state.thread || message.thread_ts === state.thread);
  fill($("[data-testid=thread-messages]"), rows(replies, true));
}

function drawHome(home) {
  const scroll = $("[data-testid=messages]");
  scroll.classList.remove("empty");
  const shown = home ? blocks(home.blocks, (element, value) => useInView(home, element, value, held(scroll))) : [el("p", { class: "hint" }, "The app has not published a home yet.")];
  reconcile(scroll, [{ key: HOME, signature: JSON.stringify([home, state.me]) }], () => el("div", { class: "home" }, shown));
  $(".thread").hidden = true;
  document.body.classList.remove("with-thread");
}

function drawFrame() {
  const { world } = state;
  const channel = world.channels.find((candidate) => candidate.id === state.place);
  const direct = channel?.with_user;
  $("[data-testid=place-name]").textContent = state.place === HOME ? world.app.name : direct ? world.app.name : `# ${channel.name}`;
  $(".topic").textContent = state.place === HOME ? "Home" : channel.topic || (direct ? "Direct messages" : "");
  $(".conversation .composer").hidden = state.place === HOME;
  const narrow = window.innerWidth < 600;
  box.say(direct ? `Message ${world.app.name}` : narrow ? "Message, or / for a command" : `Message #${channel?.name || ""}, or type / for a command`);
  const mine = world.channels.filter((candidate) => candidate.members.includes(state.me) && (!candidate.with_user || candidate.with_user === state.me));
  const entry = (id, label, testid) => el("button", {
    type: "button", class: `entry ${id === state.place ? "here" : ""} ${state.unread.has(id) ? "unread" : ""}`,
    "data-testid": testid, "aria-current": id === state.place ? "page" : null, onclick: () => go(id),
  }, label);
  $(".sidebar").replaceChildren(
    el("h2", {}, "Channels"), ...mine.filter((c) => !c.with_user).map((c) => entry(c.id, `# ${c.name}`, `channel-${c.name}`)),
    el("h2", {}, "Apps"), entry(HOME, `⌂ ${world.app.name} home`, "app-home"),
    ...mine.filter((c) => c.with_user).map((c) => entry(c.id, `✉ ${world.app.name} messages`, "direct-messages")));
  $(".menu-button").classList.toggle("unread", mine.some((c) => state.unread.has(c.id)));
  const here = $(".persona-face");
  here.replaceChildren(paint(el("span", {}, face(person(state.me), false))));
}

// Moving about

function go(place) {
  state.place = place;
  state.thread = null;
  state.unread.delete(place);
  kept("place", place);
  $("[data-testid=messages]").replaceChildren();
  $(".conversation .newer").hidden = true;
  closeMenu();
  if (place === HOME) doIt("home", {});
  if (state.world.channels.find((channel) => channel.id === place)?.with_user) doIt("home", { tab: "messages" });
  draw();
}

function become(id) {
  state.me = names.me = id;
  kept("me", id);
  document.body.classList.add("anew");
  const channel = state.world.channels.find((candidate) => candidate.id === state.place);
  if (state.place !== HOME && !channel?.members.includes(id)) return go(state.world.channels[0].id);
  if (state.place === HOME) doIt("home", {});
  return draw().then(() => setTimeout(() => document.body.classList.remove("anew"), 1000));
}

function closeMenu() {
  document.body.classList.remove("with-menu");
  $(".menu-button").setAttribute("aria-expanded", "false");
}

// A permalink names a message: show it once.
function find() {
  const wanted = /^\/archives\/[^/]+\/p(\d{10})(\d{6})$/.exec(location.pathname);
  const row = wanted && document.querySelector(`[data-ts="${wanted[1]}.${wanted[2]}"]`);
  if (!row) return;
  row.scrollIntoView({ block: "center" });
  row.classList.add("found");
  history.replaceState(null, "", "/");
}

const send = (thread) => (text) => {
  const command = text.startsWith("/");
  toTheEnd($(thread ? "[data-testid=thread-messages]" : "[data-testid=messages]"));
  return doIt(command ? "command" : "post", { channel: state.place, text, thread_ts: thread ? state.thread : undefined }, text.split(" ")[0]);
};

const box = composer($(".conversation .composer"), send(false), () => state.world.completions);
composer($(".thread .composer"), (text) => (text.startsWith("/") ? toast("Slash commands don't work in threads.") : send(true)(text)));

// Starting

let due = false;
function drawSoon() {
  if (due) return;
  due = true;
  setTimeout(() => { due = false; draw(); }, 30);
}

async function changed(change) {
  if (["call", "connected", "disconnected", "delivered"].includes(change.kind)) return;
  const missed = change.kind === "following"; // What came while nobody listened, a first direct message say.
  const unheardOf = change.channel && !state.world.channels.some((channel) => channel.id === change.channel);
  if (missed || unheardOf) state.world = await read("/sandbox/state");
  if (change.kind === "message" && change.channel !== state.place) state.unread.add(change.channel);
  drawSoon();
}

function wire() {
  $("[data-testid=persona]").addEventListener("change", (event) => become(event.target.value));
  $("[data-testid=close-thread]").addEventListener("click", () => { state.thread = null; draw(); });
  $(".menu-button").addEventListener("click", (event) => event.target.setAttribute("aria-expanded", String(document.body.classList.toggle("with-menu"))));
  document.addEventListener("click", () => document.dispatchEvent(new Event("close-menus")));
  document.addEventListener("menu-closed", drawSoon);
  document.addEventListener("pointerup", drawSoon);
  for (const button of document.querySelectorAll(".newer")) {
    const scroll = button.parentElement.querySelector(".scroll");
    button.addEventListener("click", () => toTheEnd(scroll));
    scroll.addEventListener("scroll", () => { if (isLow(scroll)) button.hidden = true; });
  }
  for (const tab of document.querySelectorAll(".tabs button")) {
    tab.addEventListener("click", () => {
      document.body.dataset.showing = tab.dataset.show;
      document.querySelectorAll(".tabs button").forEach((other) => other.setAttribute("aria-pressed", String(other === tab)));
    });
  }
}

async function start() {
  state.world = await read("/sandbox/state");
  const { people, channels, groups, app } = state.world;
  for (const someone of people) names.people.set(someone.id, someone.real_name);
  for (const channel of channels) names.channels.set(channel.id, channel.name);
  for (const group of groups) names.groups.set(group.id, `@${group.handle}`);
  names.app = app.name;
  const humans = people.filter((someone) => !someone.is_bot && !someone.deleted);
  const picker = $("[data-testid=persona]");
  picker.replaceChildren(...humans.map((someone) => el("option", { value: someone.id }, `${someone.real_name} · ${someone.profile.title}`)));
  state.me = names.me = humans.some((someone) => someone.id === kept("me")) ? kept("me") : humans[0].id;
  picker.value = state.me;
  const linked = /^\/archives\/([^/]+)\//.exec(location.pathname)?.[1];
  const known = (id) => id === HOME || channels.some((channel) => channel.id === id && channel.members.includes(state.me));
  state.place = [linked, kept("place"), channels[0].id].find((id) => id && known(id));
  document.body.classList.toggle("with-service", state.world.has_service);
  $(".service").hidden = !state.world.has_service;
  if (state.world.has_service) servicePanel($(".service"));
  wire();
  await draw();
  $("[data-testid=composer]").disabled = false; // Before, nobody would know where a message belongs.
  $("[data-testid=messages]").scrollTop = 1e9;
  let away = false;
  follow(changed, (lost) => {
    if (lost && !away) toast("The sandbox has stopped. This page comes back with it.");
    away = lost;
  });
}

start();
