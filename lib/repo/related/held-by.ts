/** The conditions that find the rows which hold some keys, by the fields of a foreign key. */

import type { Condition } from "../../query/index.js";
import { type SchemaInfo, showValue } from "../../schema/index.js";
import { keyText } from "./key-text.js";

/** Rows that hold this one key. */
export const heldBy = (fields: readonly string[], key: readonly unknown[]): readonly Condition[] =>
  fields.map((field, at) => ({ field, op: "eq", value: key[at] }) as const);

/**
 * One list of conditions for all keys of one field; of several fields, one for each beginning that keys have in common, so
 * that a list stays a few ranges of one index.
 */
export function heldByAny(
  info: SchemaInfo,
  fields: readonly string[],
  keys: readonly (readonly unknown[])[],
): readonly (readonly Condition[])[] {
  const last = fields.length - 1;
  const groups = new Map<string, { readonly first: readonly unknown[]; readonly values: unknown[] }>();
  for (const key of keys) {
    const first = key.slice(0, last);
    const text = textOfKey(info, fields.slice(0, last), first);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { first, values: [key[last]] });
    else group.values.push(key[last]);
  }
  return [...groups.values()].map(({ first, values }) => [
    ...heldBy(fields.slice(0, last), first),
    { field: fields[last] as string, op: "in", value: values } as const,
  ]);
}

/** Values of these fields as text, for finding rows by it. */
export function textOfKey(info: SchemaInfo, fields: readonly string[], values: readonly unknown[]): string {
  return keyText(
    fields.map((name, at) => {
      const { type } = info.field(name);
      return type.toKey === undefined ? String(values[at]) : type.toKey(values[at]);
    }),
  );
}

/** The key as an application writes it: the value, or the values by name. */
export const shownKey = (names: readonly string[], key: readonly unknown[]): string =>
  names.length === 1
    ? showValue(key[0])
    : `{ ${names.map((name, at) => `${name}: ${showValue(key[at])}`).join(", ")} }`;
