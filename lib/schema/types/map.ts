/** The type `{ map: T }`: values of one type by name. */

import { isWellFormed } from "./code-points.js";
import { equalValues } from "./equal.js";
import type { CastResult, FieldType, StoredValue } from "./field-type.js";
import { invalid, ok, refuse } from "./outcome.js";
import { isPlainObject } from "./realms.js";

type Values<T> = Record<string, T>;

const isName = (name: string): boolean => name !== "__proto__" && isWellFormed(name);

/**
 * `{ map: T }`: an object of values of one type by any name, without nulls. It has no order, so it is no key.
 *
 * @example \@Field({ map: "integer" }) declare stock: Record<string, number>;
 */
export function mapOf<T>(element: FieldType<T>): FieldType<Values<T>> {
  const entriesOf = (value: unknown): readonly (readonly [string, T])[] => {
    if (!isPlainObject(value)) return refuse("an object of values by name", value);
    for (const [name, item] of Object.entries(value)) {
      if (item === null || item === undefined || !isName(name))
        return refuse("an object without nulls", value);
    }
    return Object.entries(value) as [string, T][];
  };
  return Object.freeze({
    name: `map(${element.name})`,
    cast(value: unknown): CastResult<Values<T>> {
      if (!isPlainObject(value)) return invalid();
      const values: [string, T][] = [];
      for (const [name, item] of Object.entries(value)) {
        if (item === null || item === undefined || !isName(name)) return invalid("is invalid", { name });
        const cast = element.cast(item);
        if (!cast.ok) return invalid("is invalid", { name });
        values.push([name, cast.value]);
      }
      return ok(Object.fromEntries(values));
    },
    dump: (value: Values<T>): StoredValue =>
      Object.fromEntries(entriesOf(value).map(([name, item]) => [name, element.dump(item)])),
    load: (stored: StoredValue) =>
      Object.fromEntries(entriesOf(stored).map(([name, item]) => [name, element.load(item as StoredValue)])),
    equal(a: Values<T>, b: Values<T>): boolean {
      const names = Object.keys(a);
      return (
        names.length === Object.keys(b).length &&
        names.every((name) => Object.hasOwn(b, name) && equalValues(element, a[name] as T, b[name] as T))
      );
    },
  });
}
