/** Waits for the pending rules of a changeset and of those inside it. */

import {
  type ChangesetState,
  isChangeset,
  nestedIn,
  nestedInAll,
  stateOf,
  type Wrap,
} from "../state/index.js";
import { finishPending } from "../validate/index.js";

/** Without rules that are pending on any level, the state that was given. */
export async function decided(state: ChangesetState, wrap: Wrap): Promise<ChangesetState> {
  const own = state.pending.length === 0 ? state : await finishPending(state);
  if (nestedInAll(own.changes).length === 0) return own;
  const changes: Record<string, unknown> = {};
  for (const [name, change] of Object.entries(own.changes)) {
    if (nestedIn(change).length === 0) continue;
    const items = Array.isArray(change) ? (change as unknown[]) : [change];
    const next = await Promise.all(items.map((item) => decidedItem(item, wrap)));
    if (next.every(({ value }, i) => value === items[i])) continue;
    const values = next.map(({ value }) => value);
    changes[name] = Array.isArray(change) ? Object.freeze(values) : values[0];
  }
  return Object.keys(changes).length === 0 ? own : { ...own, changes: { ...own.changes, ...changes } };
}

/** In an object, because a promise of a changeset that is pending would wait for it. */
async function decidedItem(item: unknown, wrap: Wrap): Promise<{ readonly value: unknown }> {
  if (!isChangeset(item)) return { value: item };
  const state = stateOf(item);
  const next = await decided(state, wrap);
  return { value: next === state ? item : wrap(next) };
}
