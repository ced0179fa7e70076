import { applyChanges, type Change } from "../../lib/sync/live/change.js";
import type { AnyTransition } from "../../lib/sync/live/transition.js";

/** What a reader that only applies transitions knows. */
export class Fold {
  value: Record<string, unknown> = {};
  version = -1n;
  transitions = 0;

  apply(transition: AnyTransition): void {
    if (transition.type === "status") return;
    // It may stay: between two commits, two steps can read at one version.
    if (transition.version < this.version) throw new Error("A version went back.");
    if (transition.type === "snapshot") {
      this.value = { ...(transition.value as Record<string, unknown>) };
    } else if (transition.type === "change") {
      if (transition.from !== this.version)
        throw new Error(`A gap: ${transition.from} after ${this.version}.`);
      this.transitions++;
      if (Object.keys(transition.changes).length === 0) throw new Error("A change without changes.");
      for (const [label, changes] of Object.entries(transition.changes)) {
        if (changes?.length === 0) throw new Error(`No changes under ${label}.`);
        this.value[label] = applied(this.value[label], changes as readonly Change<unknown>[]);
      }
    }
    this.version = transition.version;
  }
}

/** Changes of a single value apply to a list of at most one. */
function applied(before: unknown, changes: readonly Change<unknown>[]): unknown {
  if (Array.isArray(before)) return applyChanges(before, changes);
  return applyChanges(before === null ? [] : [before], changes)[0] ?? null;
}
