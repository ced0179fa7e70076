/** The type `boolean`, with the texts that forms send for it. */

import type { TupleItem } from "../../tuple/index.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { converted, invalid, ok, refuse } from "./outcome.js";

function toBoolean(value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse("true or false", value);
}

function castBoolean(value: unknown): CastResult<boolean> {
  if (value === true || value === "true" || value === "1") return ok(true);
  return value === false || value === "false" || value === "0" ? ok(false) : invalid();
}

/** `boolean`; input may also be "true", "false", "1" or "0". `false` sorts first. */
export const boolean: FieldType<boolean> = Object.freeze({
  name: "boolean",
  cast: castBoolean,
  dump: toBoolean,
  load: (stored: StoredValue) => converted(castBoolean, "true or false", stored),
  compare: (a: boolean, b: boolean) => Number(a) - Number(b),
  toKey: toBoolean,
  fromKey: (item: TupleItem) => converted(castBoolean, "true or false", item),
});
