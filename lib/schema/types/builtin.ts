/** All built-in types by their names, and the TypeScript types of their values. */

import { SchemaError } from "../../errors.js";
import type { Versionstamp } from "../../tuple/index.js";
import { arrayOf } from "./array.js";
import { binary } from "./binary.js";
import { boolean } from "./boolean.js";
import { decimal } from "./decimal.js";
import type { FieldType } from "./field-type.js";
import { json } from "./json.js";
import { mapOf } from "./map.js";
import { bigint, float, id, integer } from "./numbers.js";
import { duration, naiveDatetime } from "./spans.js";
import { date, time, utcDatetime, utcDatetimeUsec } from "./temporal.js";
import { binaryId, enumName, string, uuid } from "./texts.js";
import { versionstamp } from "./versionstamp.js";

/** The value of a field in a record, by the name of its type. */
export interface TypeMap {
  id: number;
  integer: number;
  float: number;
  bigint: bigint;
  boolean: boolean;
  string: string;
  binary: Uint8Array;
  binary_id: string;
  uuid: string;
  date: string;
  time: string;
  naive_datetime: string;
  duration: string;
  utc_datetime: Date;
  utc_datetime_usec: Date;
  decimal: string;
  json: unknown;
  versionstamp: Versionstamp;
}

export type TypeName = keyof TypeMap;

const types: { readonly [N in TypeName]: FieldType<TypeMap[N]> } = {
  id,
  integer,
  float,
  bigint,
  boolean,
  string,
  binary,
  binary_id: binaryId,
  uuid,
  date,
  time,
  naive_datetime: naiveDatetime,
  duration,
  utc_datetime: utcDatetime,
  utc_datetime_usec: utcDatetimeUsec,
  decimal,
  json,
  versionstamp,
};

export const typeNames = Object.freeze(Object.keys(types)) as readonly TypeName[];

/** Whether `name` is a type of its own (not an array or an enum). */
export function isTypeName(name: unknown): name is TypeName {
  return typeof name === "string" && Object.hasOwn(types, name);
}

const mapName = /^map\((.*)\)$/;
const arrayName = /^array\((.*)\)$/;

/**
 * The type of a name as an index registration keeps it: a built-in type, `enum` or `array(…)`. `undefined` for a
 * custom type, which only a process with its code can encode.
 */
export function findBuiltinType(name: string): FieldType | undefined {
  if (isTypeName(name)) return types[name] as FieldType;
  if (name === "enum") return enumName as FieldType;
  // Whose names these are, only the schema knows: keys and conditions hold the numbers.
  if (name === "enum(integer)") return types.integer as FieldType;
  const value = mapName.exec(name)?.[1];
  if (value !== undefined) {
    const type = findBuiltinType(value);
    return type === undefined ? undefined : (mapOf(type) as FieldType);
  }
  const element = arrayName.exec(name)?.[1];
  if (element === undefined) return undefined;
  const type = findBuiltinType(element);
  return type === undefined ? undefined : (arrayOf(type) as FieldType);
}

/** As {@link findBuiltinType}. Throws `SchemaError` for a name that is none. */
export function builtinType(name: string): FieldType {
  const type = findBuiltinType(name);
  if (type !== undefined) return type;
  throw new SchemaError(`There is no type "${name}". The types are: ${typeNames.join(", ")}.`);
}
