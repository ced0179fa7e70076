/** The entries that lists are made of, and the changes that tell of them. */

import type { Change } from "../live/index.js";

/** One place in a live list. Entries are immutable; an unchanged row keeps its entry. */
export interface Entry {
  /** Distinguishes the entry inside its list: the primary key's bytes, as a string. */
  readonly key: string;
  /** What a change calls `key`: the primary key's value, or the id. */
  readonly id: unknown;
  /** The whole row; `value` itself unless fields were selected. */
  readonly row: unknown;
  /** What the subscriber sees. */
  readonly value: unknown;
  /** Of a past row: fields of the value that nobody kept, which are null there. */
  readonly unknown?: readonly string[];
}

/** The unknown fields of an entry, by the names that its value has for them; nothing without any. */
export function unknownOf(names: readonly string[]): { readonly unknown?: readonly string[] } {
  return names.length === 0 ? {} : { unknown: Object.freeze([...names]) };
}

/** Names the fields that differ between two values of one entry; undefined where values have no fields. */
export type ChangedFields = (before: unknown, after: unknown) => readonly string[] | undefined;

export const noFields: ChangedFields = () => undefined;

/** Whether a reader sees no difference: the same value, or one that was read again and has the same fields. */
export function looksSame(before: Entry, after: Entry, fields: ChangedFields): boolean {
  if (before.unknown !== undefined) return false;
  return before.value === after.value || fields(before.value, after.value)?.length === 0;
}

/** The value that subscribers see for a list of entries. */
export function valuesOf(entries: readonly Entry[]): readonly unknown[] {
  return Object.freeze(entries.map((entry) => entry.value));
}

export function inserted(entry: Entry, index: number): Change<unknown> {
  return Object.freeze({ op: "insert", key: entry.id, row: entry.value, index });
}

export function deleted(entry: Entry, index: number): Change<unknown> {
  return Object.freeze({ op: "delete", key: entry.id, before: entry.value, index, ...unknownIn(entry) });
}

export function updated(
  before: Entry,
  after: Entry,
  from: number,
  index: number,
  fields: ChangedFields,
): Change<unknown> {
  const differing = before.value === after.value ? [] : (fields(before.value, after.value) ?? []);
  const { unknown } = before;
  // What is not known was changed, or it would be as it is now.
  const changed = unknown === undefined ? differing : [...new Set([...differing, ...unknown])];
  return Object.freeze({
    op: "update",
    key: after.id,
    row: after.value,
    before: before.value,
    changed: Object.freeze(changed) as readonly never[],
    index,
    from,
    ...unknownIn(before),
  });
}

const unknownIn = ({ unknown }: Entry): { readonly unknown?: readonly never[] } =>
  unknown === undefined ? {} : { unknown: unknown as readonly never[] };
