/** Compares a record with what was read: a field that was set in place is in no changeset, so the store never hears of it. */

import { isDeepStrictEqual } from "node:util";
import { ChangeError } from "../../errors.js";
import {
  bodyFields,
  equalValues,
  type FieldInfo,
  loadedValue,
  type SchemaInfo,
  type StoredValue,
} from "../../schema/index.js";
import type { Values } from "./values.js";

/**
 * Of an update that says nothing else: it would change nothing, and give back what is not stored.
 *
 * @throws ChangeError
 */
export function refuseChangedInPlace(info: SchemaInfo, record: Values): void {
  const names = changedInPlace(info, record).map(({ name }) => name);
  if (names.length === 0) return;
  throw new ChangeError(
    `The ${info.name} to update was changed in place (${names.join(", ")}), and its changeset has no changes, so nothing would be ` +
      `stored. Name what is to change: change(record, { ${names.map((name) => `${name}: …`).join(", ")} }).`,
  );
}

/** Gives a record whose row is not written the values that are stored. */
export function restore(info: SchemaInfo, record: Values): Values {
  for (const { name, type } of changedInPlace(info, record)) {
    record[name] = type.load(loadedValue(info, record, name) as StoredValue);
  }
  return record;
}

const changedInPlace = (info: SchemaInfo, record: Values): readonly FieldInfo[] =>
  bodyFields(info).filter((field) => {
    const stored = loadedValue(info, record, field.name);
    return stored !== undefined && !isAsLoaded(field, record[field.name] ?? null, stored);
  });

function isAsLoaded({ type }: FieldInfo, value: unknown, stored: StoredValue): boolean {
  const loaded = type.load(stored);
  if (value === loaded) return true;
  if (value === null || loaded === null) return false;
  try {
    return equalValues(type, value, loaded) || isDeepStrictEqual(type.dump(value), stored);
  } catch {
    return false;
  }
}
