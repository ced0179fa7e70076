/** Views of counts, sums and signals, which show one number. */

import type { Change } from "../live/index.js";
import type { Draft } from "./draft.js";
import { type Entry, noFields, updated } from "./entry.js";
import { View } from "./view.js";

/** `null` is the sum of nothing. */
type Shown = number | bigint | null;

const entryOf = (value: Shown): Entry => Object.freeze({ key: "", id: null, row: value, value });

export const numberView = (value: Shown): View => new View([entryOf(value)], true);

/** The step from one number to another; a count or a signal changes as one row without a key. */
export function numberDraft(
  before: View | undefined,
  value: Shown,
  commits: readonly string[],
  apply: (view: View) => void,
): Draft {
  const same = before !== undefined && before.value === value;
  const view = same ? before : numberView(value);
  const changes: readonly Change<unknown>[] =
    before === undefined || same ? [] : [updated(before.entries[0]!, view.entries[0]!, 0, 0, noFields)];
  return { view, changes, commits, apply: () => apply(view) };
}
