/** Shows for a moment what just changed: the smallest parts that are marked for it, and only those that differ. */

const calmMs = 1_500;
const shownMs = 1_200;
const changedAt = new WeakMap();

const parts = (element) =>
  [element, ...element.querySelectorAll("[data-flash]")].filter((part) => part.matches("[data-flash][id]"));
/** What a part says itself, without the messages that only this page has. */
function textOf(part) {
  const copy = part.cloneNode(true);
  for (const local of copy.querySelectorAll("[data-local]")) local.remove();
  return copy.textContent;
}

/** What the marked parts of an element say, by id. */
export function textsIn(element) {
  return new Map(parts(element).map((part) => [part.id, textOf(part)]));
}

/** Shows which parts of an element say something else than before. */
export function flashChanged(element, before) {
  for (const part of parts(element)) if (before.get(part.id) !== textOf(part)) flash(part);
}

/** Marks an element, unless it keeps changing: nothing here may flicker. Without motion the mark stands still, and goes. */
export function flash(element) {
  if (!element.hasAttribute("data-flash")) return;
  const calm = performance.now() - (changedAt.get(element) ?? Number.NEGATIVE_INFINITY) > calmMs;
  changedAt.set(element, performance.now());
  if (!calm) return;
  const colour = getComputedStyle(element).getPropertyValue("--flash");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const mark = { boxShadow: `0 0 0 3px ${colour}` };
  element.animate([mark, still ? mark : { boxShadow: "0 0 0 3px transparent" }], {
    id: "changed",
    duration: shownMs,
    easing: "ease-out",
  });
}
