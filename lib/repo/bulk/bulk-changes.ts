/** Reads what `updateAll` was given: values to set, and what is added to numbers, put into lists or taken out of them. */

import { isDeepStrictEqual } from "node:util";
import { isChangeset } from "../../changeset/index.js";
import { InvalidOptionsError, InvalidValueError } from "../../errors.js";
import {
  detached,
  equalValues,
  type FieldInfo,
  type FieldKey,
  isPlainObject,
  type SchemaInfo,
  type SummandKey,
  showValue,
} from "../../schema/index.js";
import { sumOf } from "../read/index.js";
import type { Values } from "../rows/index.js";

type Item<V> = V extends readonly (infer U)[] ? U : never;

/** What `updateAll` does with the values that are there. */
export interface BulkOperators<T> {
  /** As the fields themselves: values to set. */
  readonly set?: Partial<T>;
  /** Adds to numbers, bigints and decimals (text); null stays null. */
  readonly inc?: { readonly [K in SummandKey<T>]?: NonNullable<T[K]> };
  /** Puts an item behind those of a list; null becomes a list of it. */
  readonly push?: { readonly [K in FieldKey<T>]?: Item<T[K]> };
  /** Takes all equal items out of a list; null stays null. */
  readonly pull?: { readonly [K in FieldKey<T>]?: Item<T[K]> };
}

/** What `updateAll` takes: values by field with {@link BulkOperators}, or a function of each record. */
export type Changes<T> = (Partial<T> & BulkOperators<T>) | ((record: T) => Partial<T>);

/** The new values of a record's fields, by what is stored; those that are as they were may be among them. */
export type Patch = (stored: Readonly<Values>) => Values;

const operators = ["set", "inc", "push", "pull"] as const;

/** What is to be done to the fields of the rows. */
export interface BulkChanges {
  readonly patch: Patch;
  /** Fields that are set, embeds among them. */
  readonly sets: Readonly<Values>;
}

/** @throws InvalidOptionsError, InvalidValueError, UnknownFieldError */
export function bulkChanges(info: SchemaInfo, changes: object): BulkChanges {
  const given = changes as Readonly<Record<string, unknown>>;
  const isOperator = (name: string) =>
    (operators as readonly string[]).includes(name) && !info.hasField(name);
  // Any name may be given, "__proto__" too.
  const sets = Object.create(null) as Values;
  for (const [name, value] of Object.entries(given)) if (!isOperator(name)) sets[name] = value;
  const part = (name: (typeof operators)[number]): Readonly<Values> => {
    if (!isOperator(name) || given[name] === undefined) return {};
    const values = given[name];
    if (isPlainObject(values)) return values;
    throw new InvalidOptionsError(
      `{ ${name} } of repo.updateAll holds values by field, as in { ${name}: { ${info.primaryKey.name}: … } }, not ${showValue(values)}.`,
    );
  };
  const steps = new Map<string, (value: unknown) => unknown>();
  const add = (name: string, step: (value: unknown) => unknown) => {
    if (steps.has(name) || Object.hasOwn(sets, name)) throw twice(info, name);
    steps.set(name, step);
  };
  for (const [name, value] of Object.entries(part("set"))) {
    if (Object.hasOwn(sets, name)) throw twice(info, name);
    sets[name] = value;
  }
  checkSets(info, sets);
  for (const [name, value] of Object.entries(part("inc"))) add(name, adding(info, name, value));
  for (const [name, value] of Object.entries(part("push"))) {
    const item = itemOf(info, name, "push", value);
    add(name, (list) => [...((list ?? []) as unknown[]), item]);
  }
  for (const [name, value] of Object.entries(part("pull"))) {
    const item = itemOf(info, name, "pull", value);
    add(name, (list) => without(info.field(name), list, item));
  }
  const own = Object.fromEntries(Object.entries(sets).map(([name, value]) => [name, detached(value)]));
  return {
    sets: own,
    patch: (stored) => {
      const values: Values = { ...own };
      for (const [name, step] of steps) values[name] = step(stored[name] ?? null);
      return values;
    },
  };
}

/** Values by field. @throws InvalidOptionsError, UnknownFieldError */
export function checkSets(info: SchemaInfo, changes: unknown): asserts changes is Values {
  const plain =
    typeof changes === "object" && changes !== null && !Array.isArray(changes) && !isChangeset(changes);
  if (!plain) {
    throw new InvalidOptionsError(
      "repo.updateAll takes values by field (with { inc, push, pull } beside them), or a function of the record: " +
        "repo.updateAll(query, { field: value }).",
    );
  }
  for (const [name, value] of Object.entries(changes)) {
    info.field(name);
    if (value === undefined) {
      throw new InvalidOptionsError(
        `${info.name}.${name} is undefined in repo.updateAll; write null for an empty value.`,
      );
    }
  }
}

function twice(info: SchemaInfo, name: string): InvalidOptionsError {
  return new InvalidOptionsError(
    `repo.updateAll changes ${info.name}.${name} in two ways at once; name each field once among set, inc, push and pull.`,
  );
}

const numeric: ReadonlySet<string> = new Set(["id", "integer", "float", "bigint", "decimal"]);

function adding(info: SchemaInfo, name: string, amount: unknown): (value: unknown) => unknown {
  const { type } = info.field(name);
  if (!numeric.has(type.name)) {
    throw new InvalidOptionsError(
      `{ inc } of repo.updateAll adds to numbers, and ${info.name}.${name} is of type ${type.name}. For anything else give a ` +
        `function: repo.updateAll(query, (record) => ({ ${name}: … })).`,
    );
  }
  // A value that the field itself cannot hold is none that can be added to it.
  if (type.dump(amount) === null) throw noAmount(info, name);
  return (value) => {
    if (value === null) return null;
    if (typeof value === "number") return value + (amount as number);
    return sumOf([value, amount], `${info.name}.${name}`, true);
  };
}

function noAmount(info: SchemaInfo, name: string): InvalidValueError {
  return new InvalidValueError(`{ inc } of repo.updateAll has no amount for ${info.name}.${name}.`);
}

function itemOf(info: SchemaInfo, name: string, operator: "push" | "pull", item: unknown): unknown {
  const { type } = info.field(name);
  if (!type.name.startsWith("array(")) {
    throw new InvalidOptionsError(
      `{ ${operator} } of repo.updateAll is for lists, and ${info.name}.${name} is of type ${type.name}; declare it as ` +
        `@Field({ array: … }), or give a function: repo.updateAll(query, (record) => ({ ${name}: … })).`,
    );
  }
  const [own] = type.load(type.dump([item])) as unknown[];
  return own;
}

function without({ type }: FieldInfo, list: unknown, item: unknown): unknown {
  if (list === null) return null;
  const same = (one: unknown) =>
    equalValues(type, [one], [item]) || isDeepStrictEqual(type.dump([one]), type.dump([item]));
  return (list as readonly unknown[]).filter((one) => !same(one));
}
