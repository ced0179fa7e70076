/** The type that `enumOf` makes: one of a list of names. */

import { SchemaError } from "../../errors.js";
import type { TupleItem } from "../../tuple/index.js";
import { compareCodePoints } from "./code-points.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse } from "./outcome.js";
import { storedText } from "./stored.js";
import { enumName } from "./texts.js";

/** The type that {@link enumOf} makes, with the list it was made of. */
export interface EnumType<V extends string> extends FieldType<V> {
  readonly values: readonly V[];
}

/**
 * One of a list of names. Stored, and sorted in indexes, by name, so that the list may be reordered and extended
 * without touching a record. A stored name that has left the list is still loaded.
 *
 * @example \@Field(enumOf("draft", "published")) declare status: "draft" | "published";
 * @throws SchemaError for an empty list, a name twice, or a name that is not a string
 */
export function enumOf<const V extends string>(...values: readonly [V, ...V[]]): EnumType<V> {
  const names: ReadonlySet<unknown> = new Set(values);
  if (
    values.length === 0 ||
    names.size !== values.length ||
    !values.every((name) => typeof name === "string")
  ) {
    throw new SchemaError(
      `enumOf() takes different names, at least one; write enumOf("draft", "published"). Given: ${JSON.stringify(values)}.`,
    );
  }
  const toName = (value: unknown): V =>
    names.has(value)
      ? (value as V)
      : refuse(`one of ${values.map((name) => JSON.stringify(name)).join(", ")}`, value);
  return Object.freeze({
    name: "enum",
    values: Object.freeze([...values]),
    cast: (value: unknown): CastResult<V> =>
      names.has(value) ? ok(value as V) : invalid("is invalid", { enum: values }),
    dump: toName,
    load: (stored: StoredValue) => storedText(stored) as V,
    compare: compareCodePoints,
    // A record whose name has left the list still has its index entries.
    toKey: enumName.toKey as (value: V) => TupleItem,
    fromKey: (item: TupleItem) => storedText(item) as V,
  });
}
