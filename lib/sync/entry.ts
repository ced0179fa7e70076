import type { Change } from "./change.js";

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
  /** Fields of the value that have changed since from what nobody knows any more; they are null here. */
  readonly unknown?: readonly string[];
}

/** Names the fields that differ between two values of one entry; undefined where values have no fields. */
export type ChangedFields = (before: unknown, after: unknown) => readonly string[] | undefined;

export const noFields: ChangedFields = () => undefined;

/** Whether a reader sees no difference: the same value, or one that was read again and has the same fields. */
export function looksSame(before: Entry, after: Entry, fields: ChangedFields): boolean {
  if (before.unknown !== undefined) return false;
  return before.value === after.value || fields(before.value, after.value)?.length === 0;
}

/** The entry of a row as it was, of which some fields are unknown; `shown`: the fields that the value has. */
export function withUnknown(
  entry: Entry,
  unknown: readonly string[],
  shown?: readonly string[] | undefined,
): Entry {
  const fields = shown === undefined ? unknown : unknown.filter((field) => shown.includes(field));
  return fields.length === 0 ? entry : { ...entry, unknown: fields };
}

/** The value that subscribers see for a list of entries. */
export function valuesOf(entries: readonly Entry[]): readonly unknown[] {
  return Object.freeze(entries.map((entry) => entry.value));
}

export function inserted(entry: Entry, index: number): Change<unknown> {
  return Object.freeze({ op: "insert", key: entry.id, row: entry.value, index });
}

export function deleted(entry: Entry, index: number): Change<unknown> {
  return Object.freeze({ op: "delete", key: entry.id, before: entry.value, index });
}

export function updated(
  before: Entry,
  after: Entry,
  from: number,
  index: number,
  fields: ChangedFields,
): Change<unknown> {
  const seen = before.value === after.value ? [] : (fields(before.value, after.value) ?? []);
  const changed = before.unknown === undefined ? seen : [...new Set([...seen, ...before.unknown])];
  return Object.freeze({
    op: "update",
    key: after.id,
    row: after.value,
    before: before.value,
    changed: Object.freeze(changed) as readonly never[],
    index,
    from,
  });
}
