/** Applies a transition to the value that a client has. */

import type { AnyTransition } from "../sync/live/index.js";
import { applyChanges, type Change } from "../sync/live/index.js";

type Value = Readonly<Record<string, unknown>>;

/** Changes of a single value are those of a list of at most one. */
function applied(before: unknown, changes: readonly Change<unknown>[]): unknown {
  if (Array.isArray(before)) return Object.freeze(applyChanges(before, changes));
  return applyChanges(before === null || before === undefined ? [] : [before], changes)[0] ?? null;
}

/** The value after a transition; the same object when nothing changed. */
export function foldTransition(value: Value, transition: AnyTransition): Value {
  if (transition.type === "snapshot") return transition.value;
  if (transition.type !== "change") return value;
  const next: Record<string, unknown> = { ...value };
  for (const [label, changes] of Object.entries(transition.changes)) {
    next[label] = applied(value[label], changes ?? []);
  }
  return Object.freeze(next);
}
