/** Finds the smallest list of changes that leads from one list to another. */

import type { Change } from "../live/index.js";
import { type ChangedFields, deleted, type Entry, inserted, looksSame, updated } from "./entry.js";
import { idText } from "./id-text.js";
import { longestIncreasing } from "./longest-increasing.js";

/** Moves are found by walking the list, so a reordering that would take more steps is told as leave and enter. */
const moveBudget = 20_000_000;

/** Whether a row left and came back between the two lists: told as a delete and an insert. */
export type Returned = (entry: Entry) => boolean;
const none: Returned = () => false;

/** Rows that left and came back as the changes of another list tell, by their ids. */
export function returnedIn(changes: readonly Change<unknown>[]): Returned {
  const left = new Set<string>();
  const returned = new Set<string>();
  for (const { op, key } of changes) {
    const id = idText(key);
    if (op === "delete") left.add(id);
    else if (op === "insert" && left.has(id)) returned.add(id);
  }
  return returned.size === 0 ? none : (entry) => returned.has(idText(entry.id));
}

export const returnedKeys =
  (keys: ReadonlySet<string>): Returned =>
  (entry) =>
    keys.has(entry.key);

/** Deletes from the end, moves, inserts from the start, then updates in place. O(n), plus O(n) for each row that moves. */
export function diffEntries(
  before: readonly Entry[],
  after: readonly Entry[],
  fields: ChangedFields,
  returned: Returned = none,
): readonly Change<unknown>[] {
  if (before === after) return [];
  // Lists usually share both ends; only what lies between needs maps.
  let start = 0;
  const shorter = Math.min(before.length, after.length);
  while (start < shorter && before[start] === after[start]) start++;
  let tail = 0;
  while (
    tail < shorter - start &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail] &&
    tail < shorter
  ) {
    tail++;
  }
  const endBefore = before.length - tail;
  const endAfter = after.length - tail;

  const oldAt = new Map<string, number>();
  for (let i = start; i < endBefore; i++) oldAt.set(before[i]!.key, i);

  const keptNew: number[] = [];
  const keptOld: number[] = [];
  for (let i = start; i < endAfter; i++) {
    const entry = after[i]!;
    const old = oldAt.get(entry.key);
    if (old === undefined || (returned(entry) && !looksSame(before[old]!, entry, fields))) continue;
    keptNew.push(i);
    keptOld.push(old);
  }
  const stays = longestIncreasing(keptOld);
  const moves = keptOld.length - stays.size;
  const asMoves = moves * (endBefore - start) <= moveBudget;

  const retained = new Map<number, number>();
  keptOld.forEach((old, i) => {
    if (asMoves || stays.has(i)) retained.set(old, keptNew[i]!);
  });

  const changes: Change<unknown>[] = [];
  const working: Entry[] = [];
  for (let i = endBefore - 1; i >= start; i--) {
    if (!retained.has(i)) changes.push(deleted(before[i]!, i));
  }
  if (asMoves && moves > 0) {
    for (let i = start; i < endBefore; i++) if (retained.has(i)) working.push(before[i]!);
    moveInto(working, start, keptOld, keptNew, stays, before, after, fields, changes);
  }
  const retainedNew = new Map<number, number>();
  for (const [old, index] of retained) retainedNew.set(index, old);
  for (let i = start; i < endAfter; i++) {
    if (!retainedNew.has(i)) changes.push(inserted(after[i]!, i));
  }
  keptOld.forEach((old, i) => {
    const entry = after[keptNew[i]!]!;
    if (stays.has(i) && !looksSame(before[old]!, entry, fields)) {
      changes.push(updated(before[old]!, entry, keptNew[i]!, keptNew[i]!, fields));
    }
  });
  return changes;
}

/**
 * Puts every row that does not stay right behind its predecessor in the new order, in that order: afterwards each
 * row follows its predecessor, so the retained rows stand in the new order.
 */
function moveInto(
  working: Entry[],
  offset: number,
  keptOld: readonly number[],
  keptNew: readonly number[],
  stays: ReadonlySet<number>,
  before: readonly Entry[],
  after: readonly Entry[],
  fields: ChangedFields,
  changes: Change<unknown>[],
): void {
  for (let i = 0; i < keptOld.length; i++) {
    if (stays.has(i)) continue;
    const old = before[keptOld[i]!]!;
    const entry = after[keptNew[i]!]!;
    const from = working.indexOf(old);
    working.splice(from, 1);
    // The predecessor is either untouched (its old entry) or was moved before (still its old entry here).
    const index = i === 0 ? 0 : working.indexOf(before[keptOld[i - 1]!]!) + 1;
    working.splice(index, 0, old);
    if (from !== index || !looksSame(old, entry, fields)) {
      changes.push(updated(old, entry, from + offset, index + offset, fields));
    }
  }
}
