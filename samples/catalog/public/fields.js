/**
 * What happens to a field that somebody is typing in while its product changes elsewhere: what was typed stays, and the
 * field says what is stored now and offers both.
 *
 * A field knows what is stored, in `data-saved`; text that differs from it has not been saved yet.
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
  if (isUnsaved(field)) {
    const before = field.dataset.saved;
    field.dataset.saved = next.dataset.saved;
    if (before !== next.dataset.saved) offerBoth(field);
  } else waiting.set(field, next.dataset.saved);
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
  const typed = isUnsaved(target);
  if (!typed) target.value = stored;
  target.dataset.saved = stored;
  if (typed && target.value !== stored) offerBoth(target);
});

const theirsOf = (field) => document.getElementById(`${field.id}-theirs`);
const longestQuote = 80;

/** Says what is stored now beside the draft, and lets the person choose between the two. */
function offerBoth(field) {
  const place = theirsOf(field);
  if (place === null) return;
  const stored = field.dataset.saved;
  const quoted = stored.length > longestQuote ? `${stored.slice(0, longestQuote)}…` : stored;
  const text = document.createElement("p");
  text.textContent =
    stored === ""
      ? "Emptied by somebody else meanwhile."
      : `Changed by somebody else meanwhile, to “${quoted}”.`;
  const actions = document.createElement("p");
  actions.className = "actions";
  const button = (label, choose) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "second";
    made.textContent = label;
    made.addEventListener("click", () => {
      choose();
      place.replaceChildren();
      field.focus();
    });
    return made;
  };
  actions.append(
    button("Keep mine", () => {}),
    button("Take theirs", () => {
      field.value = field.dataset.saved;
    }),
  );
  place.replaceChildren(text, actions);
}

// A draft that says what is stored is none any more, so there is nothing left to choose.
addEventListener("input", ({ target }) => {
  if (isField(target) && target.dataset.saved !== undefined && !isUnsaved(target))
    theirsOf(target)?.replaceChildren();
});
