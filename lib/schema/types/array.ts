/** The type `{ array: T }`: lists of one element type, without nulls. */

import type { TupleItem } from "../../tuple/index.js";
import { equalValues } from "./equal.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse } from "./outcome.js";

/** More items than any form sends; a sparse array of length 2^32 must not be walked. */
export const MAX_ITEMS = 1_000_000;

/**
 * `{ array: T }`: a list of values of one type, without nulls. A key when `T` is one; sorts item by item.
 *
 * @example \@Field({ array: "string" }) declare tags: string[];
 */
export function arrayOf<T>(element: FieldType<T>): FieldType<T[]> {
  const toArray = (value: unknown): readonly T[] => {
    if (!Array.isArray(value)) return refuse("an array", value);
    for (const item of value)
      if (item === null || item === undefined) return refuse("an array without nulls", value);
    // A list of another realm would make lists of that realm.
    return Object.getPrototypeOf(value) === Array.prototype ? value : Array.from(value as readonly T[]);
  };
  const { toKey, fromKey } = element;
  return Object.freeze({
    name: `array(${element.name})`,
    element: element as FieldType,
    ...(element.values !== undefined && { values: element.values }),
    cast(value: unknown): CastResult<T[]> {
      if (!Array.isArray(value) || value.length > MAX_ITEMS) return invalid();
      const items: T[] = [];
      for (let i = 0; i < value.length; i++) {
        const item: unknown = value[i];
        if (item === null || item === undefined) return invalid();
        const cast = element.cast(item);
        if (!cast.ok) return invalid("is invalid", { index: i });
        items.push(cast.value);
      }
      return ok(items);
    },
    dump: (value: T[]) => toArray(value).map((item) => element.dump(item)),
    load: (stored: StoredValue) => toArray(stored).map((item) => element.load(item as StoredValue)),
    equal: (a: T[], b: T[]) =>
      a.length === b.length && a.every((item, i) => equalValues(element, item, b[i] as T)),
    ...(element.lossyKey === true && { lossyKey: true }),
    ...(toKey !== undefined && {
      toKey: (value: T[]): TupleItem => toArray(value).map((item) => toKey.call(element, item)),
    }),
    ...(fromKey !== undefined && {
      fromKey: (item: TupleItem) => toArray(item).map((part) => fromKey.call(element, part as TupleItem)),
    }),
  });
}
