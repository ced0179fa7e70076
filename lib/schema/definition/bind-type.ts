/** Binds a type to its field, so that null passes and errors name class, field and value. */

import { InvalidValueError, PlinthError, RecordCorruptError } from "../../errors.js";
import type { TupleItem } from "../../tuple/index.js";
import { equalValues, type FieldType, ok, type StoredValue, showValue } from "../types/index.js";

/**
 * The type of one field of one class: lets `null` through (the empty value of every field) and turns whatever the
 * type throws into an `InvalidValueError` that names class, field and value. A redacted field's value is not shown.
 */
export function bindType(type: FieldType, schema: string, field: string, redact: boolean): FieldType {
  const describe = (error: unknown, value: unknown): Error => {
    const where = `${schema}.${field} (${type.name})`;
    if (redact)
      return new InvalidValueError(
        `${where} cannot hold the value: it does not fit (the field is redacted).`,
      );
    if (error instanceof PlinthError && !(error instanceof InvalidValueError)) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new InvalidValueError(`${where} cannot hold ${showValue(value)}: ${reason}.`, { cause: error });
  };

  const unreadable = (error: unknown, stored: unknown): Error => {
    if (error instanceof RecordCorruptError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    const told = redact ? "its value (the field is redacted)" : `${showValue(stored)}: ${reason}`;
    return new RecordCorruptError(
      `${schema}.${field} (${type.name}) cannot be read from ${told}. Another release stored it with another type, ` +
        "or it is damaged; see what is affected with `plinth check`, and convert a field with a migration.",
      { cause: error },
    );
  };

  const { compare, toKey, fromKey, autogenerate, element, values } = type;
  return Object.freeze({
    name: type.name,
    cast(value: unknown) {
      return value === null || value === undefined ? ok(null) : type.cast(value);
    },
    dump(value: unknown): StoredValue {
      if (value === null || value === undefined) return null;
      try {
        return type.dump(value);
      } catch (error) {
        throw describe(error, value);
      }
    },
    load(stored: StoredValue): unknown {
      if (stored === null || stored === undefined) return null;
      try {
        return type.load(stored);
      } catch (error) {
        throw unreadable(error, stored);
      }
    },
    equal: (a: unknown, b: unknown) => equalValues(type, a, b),
    ...(compare !== undefined && {
      compare(a: unknown, b: unknown): number {
        // As in tuples, null comes first.
        if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
        return compare.call(type, a, b);
      },
    }),
    ...(toKey !== undefined && {
      toKey(value: unknown): TupleItem {
        if (value === null || value === undefined) return null;
        try {
          return toKey.call(type, value);
        } catch (error) {
          throw describe(error, value);
        }
      },
    }),
    ...(fromKey !== undefined && {
      fromKey(item: TupleItem): unknown {
        if (item === null) return null;
        try {
          return fromKey.call(type, item);
        } catch (error) {
          throw unreadable(error, item);
        }
      },
    }),
    ...(type.lossyKey === true && { lossyKey: true }),
    ...(element !== undefined && { element }),
    ...(values !== undefined && { values }),
    ...(autogenerate !== undefined && { autogenerate: () => autogenerate.call(type) }),
  });
}
