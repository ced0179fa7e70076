/** Tells what a record was loaded with, whatever has become of its fields since. */

import type { SchemaInfo } from "../definition/index.js";
import type { StoredValue } from "../types/index.js";
import { bodyFields } from "./body-fields.js";
import { loadedValuesOf } from "./record-meta.js";

const positions = new WeakMap<SchemaInfo, ReadonlyMap<string, number>>();

function positionsIn(info: SchemaInfo): ReadonlyMap<string, number> {
  let known = positions.get(info);
  if (known === undefined) {
    known = new Map(bodyFields(info).map(({ name }, at) => [name, at]));
    positions.set(info, known);
  }
  return known;
}

/**
 * The stored form of the value that a record's field had when the record was read or written; `undefined` where that is
 * not known: of a new record, of a virtual field, and of a field that is in the key.
 */
export function loadedValue(info: SchemaInfo, record: object, name: string): StoredValue | undefined {
  const values = loadedValuesOf(record);
  if (values === undefined) return undefined;
  const at = positionsIn(info).get(name);
  return at === undefined ? undefined : values[at];
}
