/** Tells what a row was before and after each of its logged changes. */

import { hydrate } from "../../schema/index.js";
import type { RowDelta } from "./row-delta.js";
import { Unresumable } from "./unresumable.js";

/** A row at some moment, as far as the log tells. */
export interface KnownRow {
  readonly row: object;
  /** Fields that the log did not keep, because their values were too large; null in `row`. */
  readonly unknown: readonly string[];
}

/** What is asked about a past state of a row. */
export interface Question {
  /** Fields without which nothing can be said. */
  readonly needed: readonly string[];
  /** Judges a row by these fields; a row that does not pass is not looked at any further. */
  readonly matches: (row: object) => boolean;
  /** The row as it is now, where it is known without a read. */
  readonly present?: object | undefined;
}

/** Asks for any row, as far as it is known. */
export const anyRow: Question = { needed: [], matches: () => true };

/** The log did not keep it. */
const lost = Symbol("lost");
/** As it is now. */
const asNow = Symbol("now");

type Values = Readonly<Record<string, unknown>>;

/**
 * The row before one of its changes (the `at`-th that the delta tells); null when there was none or it does not match.
 *
 * Old values tell what the change took away. What it left alone is told by the record behind it, by the next change,
 * or by the row as it is now, which is then read.
 *
 * @throws Unresumable when one of the needed fields is lost
 */
export function rowBefore(delta: RowDelta, at: number, ask: Question = anyRow): Promise<KnownRow | null> {
  const entry = delta.entries[at];
  if (entry === undefined || entry.old === null) return Promise.resolve(null);
  return known(delta, ask, (field) => valueBefore(delta, at, field));
}

/** The row after one of its changes; null when it was gone or does not match. @throws Unresumable */
export async function rowAfter(
  delta: RowDelta,
  at: number,
  ask: Question = anyRow,
): Promise<KnownRow | null> {
  const { op, record } = delta.entries[at]!;
  if (op === "delete") return null;
  if (record === null) return known(delta, ask, (field) => valueAfter(delta, at, field));
  return ask.matches(record) ? { row: Object.freeze(record), unknown: [] } : null;
}

function valueBefore(delta: RowDelta, at: number, field: string): unknown {
  const { op, old, changed } = delta.entries[at]!;
  if (old === null) return lost;
  if (Object.hasOwn(old, field)) return old[field];
  return op === "delete" || changed.includes(field) ? lost : valueAfter(delta, at, field);
}

function valueAfter(delta: RowDelta, at: number, field: string): unknown {
  const { entries } = delta;
  const { new: values } = entries[at]!;
  if (values !== null && Object.hasOwn(values, field)) return values[field];
  return at + 1 < entries.length ? valueBefore(delta, at + 1, field) : asNow;
}

async function known(
  delta: RowDelta,
  { needed, matches, present }: Question,
  tell: (field: string) => unknown,
): Promise<KnownRow | null> {
  const { info } = delta;
  const values: Record<string, unknown> = {};
  const unknown: string[] = [];
  const unread: string[] = [];
  for (const { name } of info.fields) {
    const value = tell(name);
    if (value === asNow) unread.push(name);
    else if (value === lost) unknown.push(name);
    else values[name] = value;
  }
  for (const field of needed) if (unknown.includes(field)) throw new Unresumable("cursor-expired");
  if (!needed.some((field) => unread.includes(field)) && !matches(hydrate(info, values))) return null;
  if (unread.length > 0) {
    const row = (present ?? (await delta.row())) as Values | null;
    if (row === null) unknown.push(...unread);
    else for (const name of unread) values[name] = row[name];
    for (const field of needed) if (unknown.includes(field)) throw new Unresumable("cursor-expired");
  }
  const row = Object.freeze(hydrate(info, values));
  return matches(row) ? { row, unknown } : null;
}
