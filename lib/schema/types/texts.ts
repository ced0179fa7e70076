/** The types held as text: `string`, `binary_id`, `uuid`, and the names of enums. */

import { v7 } from "uuid";
import { type TupleItem, TupleUuid, uuid as tupleUuid } from "../../tuple/index.js";
import { compareCodePoints, isWellFormed } from "./code-points.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { converted, invalid, ok, refuse, storedText } from "./outcome.js";
import { isBytes, ownBytes } from "./realms.js";

function castText(value: unknown): CastResult<string> {
  return typeof value === "string" && isWellFormed(value) ? ok(value) : invalid();
}

function toText(value: unknown): string {
  if (typeof value !== "string") return refuse("a string", value);
  // Such a string has no UTF-8 form, so it would come back different.
  if (!isWellFormed(value)) return refuse("a string without lone surrogates", value);
  return value;
}

const text = {
  cast: castText,
  dump: toText,
  load: storedText as (stored: StoredValue) => string,
  compare: compareCodePoints,
  toKey: toText,
  fromKey: storedText as (item: TupleItem) => string,
};

/** `string`: any well-formed text; sorts by code point. */
export const string: FieldType<string> = Object.freeze({ name: "string", ...text });

/** `binary_id`: a primary key as text, any string; generated ones are UUIDv7, so they sort by time. */
export const binaryId: FieldType<string> = Object.freeze({
  name: "binary_id",
  ...text,
  autogenerate: () => v7(),
});

/** Keys of enums: the index registration knows that the values are names, not which. */
export const enumName: FieldType<string> = Object.freeze({ name: "enum", ...text });

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function toUuid(value: unknown): TupleUuid {
  if (typeof value !== "string" || !uuidText.test(value)) {
    return refuse('a UUID such as "01890f3c-0000-7000-8000-000000000000"', value);
  }
  return tupleUuid(value);
}

function castUuid(value: unknown): CastResult<string> {
  if (isBytes(value) && value.length === 16) return ok(tupleUuid(ownBytes(value)).toString());
  return typeof value === "string" && uuidText.test(value) ? ok(value.toLowerCase()) : invalid();
}

/** `uuid`: text in the usual form, lower case; stored as 16 bytes. */
export const uuid: FieldType<string> = Object.freeze({
  name: "uuid",
  cast: castUuid,
  dump: (value: string) => toUuid(value).toBytes(),
  load: (stored: StoredValue) => converted(castUuid, "a UUID", stored),
  equal: (a: string, b: string) => a.toLowerCase() === b.toLowerCase(),
  compare(a: string, b: string): number {
    const x = a.toLowerCase();
    const y = b.toLowerCase();
    return x < y ? -1 : x > y ? 1 : 0;
  },
  toKey: (value: string) => toUuid(value),
  fromKey: (item: TupleItem) =>
    item instanceof TupleUuid ? item.toString() : converted(castUuid, "a UUID", item),
  autogenerate: () => v7(),
});
