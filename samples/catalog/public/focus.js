/**
 * Keeps the keyboard where it was when the element that had focus goes away: on the same element when it is there again,
 * else on what stands nearest, never at the top of the page.
 */

const inView = (element) => element?.isConnected && element.getClientRects().length > 0;

/** Where to go on, nearest first; asked before a change, because afterwards nobody knows the place any more. */
function placesAround(focused) {
  const places = [() => focused, () => focused.id && document.getElementById(focused.id)];
  const card = focused.closest("#cards > article");
  for (const near of [card?.nextElementSibling, card?.previousElementSibling]) {
    if (near) places.push(() => document.getElementById(near.id)?.querySelector("h2"));
  }
  if (focused.closest("#notice")) places.push(() => document.getElementById("notice"));
  if (focused.closest("#product, #products, #reviews"))
    places.push(() => document.getElementById("product-name"));
  places.push(
    () => document.getElementById("cards-order"),
    () => document.getElementById("main"),
  );
  return places;
}

/** Changes the page, and takes focus to the nearest place if the change took away what had it. */
export function keepingFocus(change) {
  const focused = document.activeElement;
  if (focused === null || focused === document.body) return change();
  const places = placesAround(focused);
  change();
  if (inView(focused) && document.activeElement === focused) return;
  for (const place of places) {
    const element = place();
    if (!element || !inView(element)) continue;
    moveTo(element);
    return;
  }
}

/** Puts focus on an element, whether or not one can tab to it. */
export function moveTo(element) {
  if (!element.matches("a, button, input, textarea, [tabindex]")) element.tabIndex = -1;
  element.focus({ preventScroll: inViewport(element) });
}

function inViewport(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}
