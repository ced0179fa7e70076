/** How the values of a field become elements of keys, by the declared type or by the value alone. */

import { InvalidQueryError, PlinthError, UnsupportedQueryError } from "../../errors.js";
import {
  detached,
  type FieldInfo,
  type FieldType,
  isDate,
  microsecondsOf,
  type SchemaInfo,
} from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import type { QueryAst } from "./ast.js";
import { fieldOf } from "./field-of.js";

const nullBytes: Uint8Array = Buffer.from([0x00]);

/** How one field's values become elements of a key; the order of the bytes is the order of the values. */
export interface FieldEncoding {
  readonly typeName: string;
  /** False for types whose values cannot stand in a key (json, arrays, embeds). */
  readonly keyed: boolean;
  /** Of a source name: nothing is known of the field but the value itself. */
  readonly untyped: boolean;
  /** The element's packed bytes; null is tuple null, which sorts first. */
  bytes(value: unknown): Uint8Array;
  item(value: unknown): TupleItem;
}

function describe(error: unknown): string {
  return error instanceof PlinthError ? error.message : String(error);
}

/**
 * The encoding of a declared type.
 *
 * @throws UnsupportedQueryError (from the encoding) when values of the type have no place in a key
 */
export function encodingOfType(owner: string, field: string, type: FieldType<unknown>): FieldEncoding {
  const { toKey } = type;
  const item = (value: unknown): TupleItem => {
    if (value === null) return null;
    if (toKey !== undefined) return toKey.call(type, value);
    throw new UnsupportedQueryError(
      `${owner}.${field} is of type "${type.name}", whose values have no place in a key, so no index can serve a ` +
        "condition on it. Read with a condition on another field and add .filter((row) => …), or .scan().",
    );
  };
  return {
    typeName: type.name,
    keyed: toKey !== undefined,
    untyped: false,
    item,
    bytes: (value) => (value === null ? nullBytes : pack([item(value)])),
  };
}

/** @throws InvalidQueryError when `value` is not of the field's type */
export function checkTyped(owner: string, field: string, type: FieldType<unknown>, value: unknown): void {
  try {
    type.dump(value);
    type.toKey?.(value);
  } catch (cause) {
    throw new InvalidQueryError(
      `The condition on ${owner}.${field} has a value that is no "${type.name}": ${describe(cause)}`,
      { cause },
    );
  }
}

/** A `Date` as records and keys hold it: microseconds since 1970. */
function microseconds(date: Date): number | bigint {
  const exact = microsecondsOf(date) as bigint;
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}

/**
 * The encoding for a source name, where nothing but the value itself tells the type. Fields of an index are encoded by
 * the types that the index is registered with instead.
 */
export function untypedEncoding(source: string, field: string): FieldEncoding {
  const item = (value: unknown): TupleItem => {
    if (isDate(value) && !Number.isNaN(value.getTime())) return microseconds(value);
    return detached(value) as TupleItem;
  };
  return {
    typeName: "unknown",
    keyed: true,
    untyped: true,
    item,
    bytes: (value) => {
      try {
        return value === null ? nullBytes : pack([item(value)]);
      } catch (cause) {
        throw new InvalidQueryError(
          `The condition on "${field}" of ${source} cannot stand in a key: ${describe(cause)}`,
          { cause },
        );
      }
    },
  };
}

const cache = new WeakMap<FieldInfo, FieldEncoding>();

/** The encoding of a schema's field. */
export function encodingOf(info: SchemaInfo, name: string): FieldEncoding {
  const field = fieldOf(info, name);
  let encoding = cache.get(field);
  if (encoding === undefined) {
    encoding = encodingOfType(info.name, field.name, field.type);
    cache.set(field, encoding);
  }
  return encoding;
}

export const encodingIn = (ast: QueryAst, field: string): FieldEncoding =>
  ast.info === undefined ? untypedEncoding(ast.source, field) : encodingOf(ast.info, field);
