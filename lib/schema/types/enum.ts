/** The type that `enumOf` makes: one of a list of names. */

import { SchemaError } from "../../errors.js";
import type { TupleItem } from "../../tuple/index.js";
import { compareCodePoints } from "./code-points.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse, storedText } from "./outcome.js";
import { isPlainObject } from "./realms.js";
import { enumName } from "./texts.js";

/** The type that {@link enumOf} makes, with the list it was made of. */
export interface EnumType<V extends string> extends FieldType<V> {
  /** The values, in the order in which they were given. */
  readonly values: readonly V[];
}

/** What is stored for each name of an enum. */
export type EnumMapping = Readonly<Record<string, number>> | Readonly<Record<string, string>>;

/**
 * One of a list of names. Stored, and sorted in indexes, by name, so that the list may be reordered and extended
 * without touching a record; or, of an object, by the whole number or text given for each name, so that names may change. A
 * stored value that has left the list is still loaded: a name as it is, a number as its digits.
 *
 * @example \@Field(enumOf("draft", "published")) declare status: "draft" | "published";
 * @example \@Field(enumOf({ open: 1, closed: 2 })) declare state: "open" | "closed"; // sorts by number
 * @throws SchemaError for an empty list, a name or stored value twice, a name that is not a string, or values of two kinds
 */
export function enumOf<const V extends string>(...values: readonly [V, ...V[]]): EnumType<V>;
export function enumOf<const M extends EnumMapping>(mapping: M): EnumType<keyof M & string>;
export function enumOf(...given: readonly unknown[]): EnumType<string> {
  const [first] = given;
  return given.length === 1 && isPlainObject(first) ? mapped(first) : named(given as readonly string[]);
}

function named(values: readonly string[]): EnumType<string> {
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
  return Object.freeze({
    name: "enum",
    values: Object.freeze([...values]),
    cast: castOf(values),
    dump: nameIn(values),
    load: (stored: StoredValue) => storedText(stored),
    compare: compareCodePoints,
    // A record whose name has left the list still has its index entries.
    toKey: enumName.toKey as (value: string) => TupleItem,
    fromKey: (item: TupleItem) => storedText(item),
  });
}

const castOf =
  (values: readonly string[]) =>
  (value: unknown): CastResult<string> =>
    values.includes(value as string) ? ok(value as string) : invalid("is invalid", { enum: values });

const nameIn =
  (values: readonly string[]) =>
  (value: unknown): string =>
    values.includes(value as string)
      ? (value as string)
      : refuse(`one of ${values.map((name) => JSON.stringify(name)).join(", ")}`, value);

const isWhole = (value: unknown): boolean => Number.isSafeInteger(value);
const isName = (value: unknown): boolean => typeof value === "string";

function mapped(mapping: Readonly<Record<string, unknown>>): EnumType<string> {
  const names = Object.keys(mapping);
  const stored = Object.values(mapping);
  const numbers = stored.every(isWhole);
  if (names.length === 0 || new Set(stored).size !== stored.length || !(numbers || stored.every(isName))) {
    throw new SchemaError(
      "enumOf() takes different whole numbers, or different texts, for its names; write enumOf({ open: 1, closed: 2 }). " +
        `Given: ${JSON.stringify(mapping)}.`,
    );
  }
  const byStored = new Map(stored.map((value, at) => [value, names[at]!]));
  const toName = nameIn(names);
  const load = (value: unknown): string =>
    byStored.get(value) ??
    (numbers && isWhole(value)
      ? String(value)
      : numbers
        ? refuse("a whole number (stored)", value)
        : storedText(value));
  // What has left the list is told by its digits, or by itself.
  const dumped = (name: string): number | string =>
    Object.hasOwn(mapping, name) ? (mapping[name] as number | string) : numbers ? Number(name) : name;
  return Object.freeze({
    name: numbers ? "enum(integer)" : "enum",
    values: Object.freeze(names),
    cast: castOf(names),
    dump: (value: string): StoredValue => mapping[toName(value)] as number | string,
    load,
    toKey: (value: string): TupleItem => dumped(value),
    fromKey: load,
  });
}
