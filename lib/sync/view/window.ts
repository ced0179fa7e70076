/** Works out the next list or window of a query from what became of single rows, and the visible changes. */

import type { Change } from "../live/index.js";
import { diffEntries, returnedKeys } from "./diff.js";
import { type ChangedFields, deleted, type Entry, inserted, updated } from "./entry.js";
import { type CompareEntries, EntryList, positionOf } from "./entry-list.js";

/**
 * The known beginning of a result: exactly its first `entries.length` rows in order.
 *
 * A window (`limit`) keeps a few rows beyond its edge, so that rows that leave are replaced without reading.
 */
export interface Window {
  readonly entries: readonly Entry[];
  /** Nothing lies beyond the last entry. */
  readonly complete: boolean;
}

/** What became of one row, at the end of the step. */
export interface Touched {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
  /** It did not match for a moment in between. */
  readonly returned: boolean;
}

export interface WindowRules {
  readonly compare: CompareEntries;
  readonly limit: number | undefined;
  readonly fields: ChangedFields;
}

export interface ListStep {
  readonly list: EntryList;
  /** Visible changes, to be applied in order. */
  readonly changes: readonly Change<unknown>[];
}

/** Rows kept beyond a window's edge. */
export function spareFor(limit: number): number {
  return Math.min(Math.max(limit, 4), 32);
}

/** True when a window has lost so many rows that its end must be read again. */
export function isShort(window: Window, limit: number | undefined): boolean {
  return limit !== undefined && !window.complete && window.entries.length < limit;
}

/** The entries that subscribers see. */
export function visible(window: Window, limit: number | undefined): readonly Entry[] {
  return limit === undefined || window.entries.length <= limit
    ? window.entries
    : window.entries.slice(0, limit);
}

/** Applies what became of single rows to a whole list, telling each visible step. */
export function stepList(list: EntryList, touched: readonly Touched[], rules: WindowRules): ListStep {
  let next = list;
  const changes: Change<unknown>[] = [];
  for (const { before, after, returned } of touched) {
    if (before === after) continue;
    const from = before === undefined ? -1 : next.positionOf(before, rules.compare);
    if (before !== undefined) next = next.removeAt(from);
    if (after === undefined) {
      if (before !== undefined) changes.push(deleted(before, from));
      continue;
    }
    const index = next.positionOf(after, rules.compare);
    next = next.insertAt(index, after);
    if (before === undefined) changes.push(inserted(after, index));
    else if (returned) changes.push(deleted(before, from), inserted(after, index));
    else if (from !== index || before.value !== after.value) {
      changes.push(updated(before, after, from, index, rules.fields));
    }
  }
  return { list: next, changes };
}

/** Applies what became of single rows to the known part of a window; it may be short afterwards. */
export function stepWindow(window: Window, touched: readonly Touched[], rules: WindowRules): Window {
  const entries = window.entries.slice();
  let complete = window.complete;
  for (const { before } of touched) {
    if (before !== undefined) entries.splice(positionOf(entries, before, rules.compare), 1);
  }
  for (const { after } of touched) {
    if (after === undefined) continue;
    const index = positionOf(entries, after, rules.compare);
    // Behind the last known row there may be others that are not known: it belongs to them.
    if (index < entries.length || complete) entries.splice(index, 0, after);
  }
  const most = rules.limit === undefined ? entries.length : rules.limit + spareFor(rules.limit);
  if (entries.length > most) {
    entries.length = most;
    complete = false;
  }
  return { entries, complete };
}

/** The visible difference between two states of a window. */
export function windowChanges(
  before: Window,
  after: Window,
  rules: WindowRules,
  touched: readonly Touched[],
): readonly Change<unknown>[] {
  const returned = new Set<string>();
  for (const row of touched) if (row.returned && row.after !== undefined) returned.add(row.after.key);
  return diffEntries(
    visible(before, rules.limit),
    visible(after, rules.limit),
    rules.fields,
    returnedKeys(returned),
  );
}
