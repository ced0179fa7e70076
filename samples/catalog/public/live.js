/** Keeps the page as the database is: one event stream, whose events replace, add or remove elements by id. */

import { keepsTyping } from "./fields.js";
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
  source.addEventListener("remove", ({ data }) => document.getElementById(data)?.remove());
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
  const beforeNodeMorphed = (node, next) => {
    if (keepsTyping(node, next)) return false;
    return answer || !(node instanceof Element && node.hasAttribute("data-local"));
  };
  for (const next of elementsOf(markup)) {
    const element = document.getElementById(next.id);
    if (!element || element.isEqualNode(next)) continue;
    Idiomorph.morph(element, next, { morphStyle: "outerHTML", callbacks: { beforeNodeMorphed } });
    flash(document.getElementById(next.id));
  }
}

function insert({ into, after, html }) {
  const [next] = elementsOf(html);
  if (document.getElementById(next.id)) return patch(html);
  const before = after && document.getElementById(after);
  if (before) before.after(next);
  else document.getElementById(into)?.prepend(next);
  flash(next);
}

function elementsOf(markup) {
  const template = document.createElement("template");
  template.innerHTML = markup;
  return [...template.content.children];
}

const calmMs = 1_500;
const changedAt = new WeakMap();

/** Shows for a moment that an element changed, unless it keeps changing: nothing here may flicker. */
function flash(element) {
  if (!element?.hasAttribute("data-flash")) return;
  const calm = performance.now() - (changedAt.get(element) ?? 0) > calmMs;
  changedAt.set(element, performance.now());
  if (!calm || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const colour = getComputedStyle(element).getPropertyValue("--flash");
  element.animate([{ boxShadow: `0 0 0 3px ${colour}` }, { boxShadow: "0 0 0 3px transparent" }], {
    duration: 1_200,
    easing: "ease-out",
  });
}

// ---- switching products: the address follows, the stream stays

const wanted = () => new URL(location.href).searchParams.get("id") ?? "";

let choosing = Promise.resolve();
function choose() {
  choosing = choosing.then(async () => {
    const id = wanted();
    if (tab === null || id === shown) return;
    shown = id;
    const answer = await post(`/live/${tab}/choose`, new URLSearchParams({ id })).catch(() => null);
    if (!answer?.ok) connect();
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

addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.hasAttribute("data-here")) return;
  event.preventDefault();
  if (form.getAttribute("aria-busy") === "true") return;
  form.setAttribute("aria-busy", "true");
  try {
    const answer = await post(form.getAttribute("action"), new URLSearchParams(new FormData(form)));
    patch(await answer.text(), true);
  } catch {
    const notice = document.getElementById("notice");
    notice.className = "notice error";
    notice.textContent = "The server does not answer, so this was perhaps not saved. Try again in a moment.";
  } finally {
    form.removeAttribute("aria-busy");
  }
});

if (channel) connect();
