/**
 * What happens to a field that somebody is typing in while its product changes elsewhere: nothing.
 *
 * A field knows what is stored, in `data-saved`; text that differs from it has not been saved yet and stays.
 */

/** What a field that has focus will show once it is left, unless somebody typed into it by then. */
const waiting = new WeakMap();

const isField = (node) => node instanceof HTMLInputElement || node instanceof HTMLTextAreaElement;
const isUnsaved = (field) => field.value !== field.dataset.saved;

/** Takes over what is stored and keeps what was typed; returns true when the field must be left alone. */
export function keepsTyping(field, next) {
  if (!isField(field) || field.dataset.saved === undefined || !isField(next)) return false;
  if (field.value === next.value) return false;
  const focused = field === document.activeElement;
  if (!isUnsaved(field) && !focused) return false;
  if (isUnsaved(field)) field.dataset.saved = next.dataset.saved;
  else waiting.set(field, next.dataset.saved);
  for (const name of ["aria-invalid", "aria-describedby"]) {
    if (next.hasAttribute(name)) field.setAttribute(name, next.getAttribute(name));
    else field.removeAttribute(name);
  }
  return true;
}

addEventListener("focusout", ({ target }) => {
  if (!waiting.has(target)) return;
  const stored = waiting.get(target);
  waiting.delete(target);
  if (!isUnsaved(target)) target.value = stored;
  target.dataset.saved = stored;
});
