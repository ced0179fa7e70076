/** Tells whether a record has a value already, by what was loaded of it and not only by what the object says now. */

import { isDeepStrictEqual } from "node:util";
import { equalValues, type FieldType, loadedValue, type StoredValue } from "../../schema/index.js";
import { type ChangesetState, dataValue } from "./state.js";

/**
 * Whether setting a field to `value` changes nothing: the data has the value now, and had it when it was read. A record
 * can be changed in place (a list pushed to, a date moved, a field assigned), which the store knows nothing of, so that
 * its own values alone do not tell.
 */
export function hasValue(state: ChangesetState, name: string, value: unknown): boolean {
  const { type } = state.fields.field(name);
  const current = dataValue(state, name);
  const { info } = state.fields;
  const stored = info === undefined ? undefined : loadedValue(info, state.data, name);
  if (!isSame(type, value, current)) return false;
  if (stored === undefined) return true;
  if (stored === null || value === null) return stored === value;
  if (typeof value !== "object") return isSame(type, value, type.load(stored));
  const loaded = type.load(stored);
  // A type of the application may hand its values through: then there is nothing left to compare with.
  if (loaded === current) return false;
  return isSame(type, value, loaded) || isStoredAs(type, value, stored);
}

/** A value that is not of its type is the same as no other; the write refuses it. */
function isSame(type: FieldType, a: unknown, b: unknown): boolean {
  try {
    return equalValues(type, a, b);
  } catch {
    return false;
  }
}

/** For types that do not tell what is equal. */
function isStoredAs(type: FieldType, value: unknown, stored: StoredValue): boolean {
  try {
    return isDeepStrictEqual(type.dump(value), stored);
  } catch {
    return false;
  }
}
