/** Keeps the page as the database is: one event stream, whose events replace, add or remove elements by id. */

import { keepsTyping } from "./fields.js";
import { flash, flashChanged, textsIn } from "./flash.js";
import { keepingFocus, moveTo } from "./focus.js";
import { Idiomorph } from "./idiomorph.js";

const channel = document.body.dataset.live;
const hiddenForMs = 30_000;

let source = null;
/** The id that the server gave this page, once the stream is open. */
let tab = null;
/** The product that the server shows to this page now. */
let shown = "";
let retryMs = 250;
let retry = 0;
let sleep = 0;

// ---- the stream

function connect() {
  disconnect();
  shown = wanted();
  source = new EventSource(`${channel}?${new URLSearchParams({ id: shown })}`);
  source.addEventListener("tab", ({ data }) => {
    tab = data;
    retryMs = 250;
    say("live");
    choose();
  });
  source.addEventListener("patch", ({ data }) => patch(data));
  source.addEventListener("insert", ({ data }) => insert(JSON.parse(data)));
  source.addEventListener("remove", ({ data }) =>
    keepingFocus(() => document.getElementById(data)?.remove()),
  );
  source.addEventListener("error", () => {
    disconnect();
    say("reconnecting");
    retry = setTimeout(connect, retryMs);
    retryMs = Math.min(retryMs * 2, 4_000);
  });
}

function disconnect() {
  clearTimeout(retry);
  source?.close();
  source = null;
  tab = null;
}

function say(state) {
  document.documentElement.dataset.state = state;
  const line = document.getElementById("connection");
  const text = state === "live" ? "Live" : "Reconnecting…";
  if (line && line.textContent !== text) line.textContent = text;
}

// A browser allows few streams to one server, so a page that nobody looks at gives its stream back for a while.
addEventListener("visibilitychange", () => {
  clearTimeout(sleep);
  if (document.hidden) sleep = setTimeout(disconnect, hiddenForMs);
  else if (channel && !source) connect();
});
addEventListener("pagehide", disconnect);
addEventListener("pageshow", ({ persisted }) => persisted && channel && connect());

// ---- the page

/** `answer` is true for the answer to a form of this page: only that touches the form's own messages. */
function patch(markup, answer = false) {
  keepingFocus(() => {
    for (const next of elementsOf(markup)) patchOne(next, answer);
  });
  showChosen();
}

function patchOne(next, answer) {
  const element = document.getElementById(next.id);
  if (!element || element.isEqualNode(next)) return;
  const beforeNodeMorphed = (node, other) => {
    if (keepsTyping(node, other)) return false;
    return answer || !(node instanceof Element && node.hasAttribute("data-local"));
  };
  // Another product in the same place is no change of a product.
  const same = element.dataset.of === next.dataset.of;
  const before = textsIn(element);
  Idiomorph.morph(element, next, { morphStyle: "outerHTML", callbacks: { beforeNodeMorphed } });
  const after = document.getElementById(next.id);
  if (same && after) flashChanged(after, before);
}

function insert({ into, after, html }) {
  const [next] = elementsOf(html);
  if (document.getElementById(next.id)) return patch(html);
  const before = after && document.getElementById(after);
  if (before) before.after(next);
  else document.getElementById(into)?.prepend(next);
  flash(next);
}

/** On a narrow page the products are a row that scrolls: the chosen one must be in view. */
let chosen = null;
function showChosen() {
  const link = document.querySelector("#products [aria-current]");
  if (link?.href === chosen) return;
  chosen = link?.href ?? null;
  const row = link?.closest("ul");
  if (!row || row.scrollWidth <= row.clientWidth) return;
  const [box, outer] = [link.getBoundingClientRect(), row.getBoundingClientRect()];
  row.scrollBy({ left: box.left - outer.left - (outer.width - box.width) / 2 });
}

function elementsOf(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return [...template.content.children];
}

// ---- switching products: the address follows, the stream stays

const wanted = () => new URL(location.href).searchParams.get("id") ?? "";

let choosing = Promise.resolve();
function choose() {
  choosing = choosing.then(async () => {
    const id = wanted();
    if (tab === null || id === shown) return;
    shown = id;
    const fromTile = document.activeElement?.closest("#product") !== null;
    const answer = await post(`/live/${tab}/choose`, new URLSearchParams({ id })).catch(() => null);
    if (!answer?.ok) connect();
    else if (fromTile) moveTo(document.getElementById("product-name"));
  });
}

addEventListener("click", (event) => {
  const link = event.target instanceof Element && event.target.closest("a[data-choose]");
  if (!link || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (link.href !== location.href) history.pushState(null, "", link.href);
  choose();
});
addEventListener("popstate", choose);

// ---- forms: sent in place, the answer is shown where it belongs

const post = (address, body) => fetch(address, { method: "POST", body, headers: { "X-Fragment": "true" } });

function clear(field) {
  if (field.dataset.saved !== undefined) field.value = field.dataset.saved;
}

/** Asks before something is destroyed; the dialog gives focus back to the button by itself. */
function confirmed(question) {
  const dialog = document.getElementById("confirm");
  document.getElementById("confirm-title").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-here")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  if (form.dataset.confirm && !(await confirmed(form.dataset.confirm))) return;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await post(form.getAttribute("action"), new URLSearchParams(new FormData(form)));
    const shown = await answer.text();
    // What goes away with the answer, such as a card that is deleted, hands its focus to what was answered.
    // What was stored is nobody's draft any more.
    if (answer.ok && form.hasAttribute("data-clear")) for (const field of form.elements) clear(field);
    patch(shown, true);
    if (answer.ok && form.hasAttribute("data-clear")) moveTo(document.getElementById("new-name"));
    if (answer.ok && form.dataset.confirm)
      moveTo(document.getElementById("undo") ?? document.getElementById("notice"));
  } catch {
    const notice = document.getElementById("notice");
    notice.className = "notice error";
    notice.textContent = "The server does not answer, so this was perhaps not saved. Try again in a moment.";
  } finally {
    form.removeAttribute("aria-busy");
  }
});

showChosen();
if (channel) connect();
