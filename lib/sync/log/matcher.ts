/** Finds the live queries that a changed row can concern, without asking each of them. */

import { IntervalTree } from "./interval-tree.js";

/** What a query says about one field: a set of values, or one half-open range; all as the bytes of key elements. */
export type FieldTest =
  | { readonly kind: "points"; readonly points: readonly string[] }
  | { readonly kind: "range"; readonly low: string; readonly high: string };

/** The indexable part of a query; the rest of its predicate is tested on each candidate. */
export type Tests = ReadonlyMap<string, FieldTest>;

/** The value of a field as the bytes of a key element; `undefined` when it is not known. */
export type FieldBytes = (field: string) => string | undefined;

/** More combinations of values than this are found by their range or by testing. */
const maxCombinations = 256;
const separator = "\u0100";

interface Registration {
  readonly signature: string;
  /** Keys in the hash of `signature`; absent for ranges and for the rest. */
  readonly keys?: readonly string[];
  readonly range?: { readonly field: string; readonly low: string; readonly high: string };
}

/** All items with equality on the same fields. */
interface EqualityGroup<T> {
  readonly fields: readonly string[];
  readonly byValues: Map<string, Set<T>>;
  readonly items: Set<T>;
}

/** Items by their tests: a hash on the fields compared for equality, an interval tree on ranges, and a list of the rest. */
export class Matcher<T> {
  readonly #equality = new Map<string, EqualityGroup<T>>();
  readonly #ranges = new Map<string, { tree: IntervalTree<T>; items: Set<T> }>();
  readonly #rest = new Set<T>();
  readonly #registrations = new Map<T, Registration>();

  get size(): number {
    return this.#registrations.size;
  }

  items(): Iterable<T> {
    return this.#registrations.keys();
  }

  /** @param indexed whether a change tells the old value of the field; other fields cannot be relied on */
  add(item: T, tests: Tests, indexed: (field: string) => boolean): void {
    const registration = register(tests, indexed);
    this.#registrations.set(item, registration);
    if (registration.keys !== undefined) {
      let group = this.#equality.get(registration.signature);
      if (group === undefined) {
        const fields = registration.signature.split(separator);
        group = { fields, byValues: new Map(), items: new Set() };
        this.#equality.set(registration.signature, group);
      }
      group.items.add(item);
      for (const key of registration.keys) {
        const items = group.byValues.get(key);
        if (items === undefined) group.byValues.set(key, new Set([item]));
        else items.add(item);
      }
    } else if (registration.range !== undefined) {
      const { field, low, high } = registration.range;
      let ranges = this.#ranges.get(field);
      if (ranges === undefined) {
        ranges = { tree: new IntervalTree(), items: new Set() };
        this.#ranges.set(field, ranges);
      }
      ranges.items.add(item);
      ranges.tree.add(low, high, item);
    } else this.#rest.add(item);
  }

  remove(item: T): void {
    const registration = this.#registrations.get(item);
    if (registration === undefined) return;
    this.#registrations.delete(item);
    this.#rest.delete(item);
    const group = this.#equality.get(registration.signature);
    if (registration.keys !== undefined && group !== undefined) {
      group.items.delete(item);
      for (const key of registration.keys) {
        const items = group.byValues.get(key);
        items?.delete(item);
        if (items?.size === 0) group.byValues.delete(key);
      }
      if (group.items.size === 0) this.#equality.delete(registration.signature);
    }
    if (registration.range !== undefined) {
      const { field, low, high } = registration.range;
      const ranges = this.#ranges.get(field);
      ranges?.tree.remove(low, high, item);
      ranges?.items.delete(item);
      if (ranges?.items.size === 0) this.#ranges.delete(field);
    }
  }

  /** Adds to `found` every item that a row with these values can match. */
  candidates(value: FieldBytes, found: Set<T>): void {
    for (const item of this.#rest) found.add(item);
    for (const group of this.#equality.values()) {
      const key = keyOf(group.fields, value);
      const items = key === undefined ? group.items : group.byValues.get(key);
      if (items !== undefined) for (const item of items) found.add(item);
    }
    for (const [field, { tree, items }] of this.#ranges) {
      const point = value(field);
      if (point === undefined) for (const item of items) found.add(item);
      else tree.at(point, (item) => found.add(item));
    }
  }
}

function keyOf(fields: readonly string[], value: FieldBytes): string | undefined {
  if (fields.length === 1) return value(fields[0]!);
  let key = "";
  for (const field of fields) {
    const part = value(field);
    if (part === undefined) return undefined;
    key += part + separator;
  }
  return key;
}

function register(tests: Tests, indexed: (field: string) => boolean): Registration {
  const fields: string[] = [];
  let combinations: string[][] = [[]];
  let range: Registration["range"];
  for (const field of [...tests.keys()].sort()) {
    const test = tests.get(field)!;
    if (!indexed(field)) continue;
    if (test.kind === "range") range ??= { field, low: test.low, high: test.high };
    else if (combinations.length * test.points.length <= maxCombinations) {
      fields.push(field);
      combinations = combinations.flatMap((values) => test.points.map((point) => [...values, point]));
    }
  }
  if (fields.length > 0) {
    const keys = combinations.map((values) => keyOf(fields, (field) => values[fields.indexOf(field)])!);
    return { signature: fields.join(separator), keys };
  }
  return range === undefined ? { signature: "" } : { signature: "", range };
}
