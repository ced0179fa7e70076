import fc from "fast-check";
import type { Item } from "./model-schema.js";

type Values = Record<string, unknown>;

type ModelCondition = readonly [field: keyof Item & string, operators: Values];

/** A query as data, for Plinth and for the naive model alike. */
export interface ModelQuery {
  readonly where: readonly ModelCondition[];
  /** Lists of alternatives, of each of which one must hold; an alternative's conditions hold together. */
  readonly or: readonly (readonly (readonly ModelCondition[])[])[];
  readonly order: readonly (readonly [field: keyof Item & string, direction: "asc" | "desc"])[];
  readonly reverse: boolean;
  readonly limit: number | undefined;
  readonly select: readonly (keyof Item & string)[] | undefined;
}

export const ids = ["", "a", "a\0", "a\0b", "ab", "b", "ÿ", "\u{10000}", "\uffff", "z"];
const groups = ["", "g", "g\0", "gh", "h"];
const codes = ["k1", "k2", "k3", "k4", "k5", "k6"];
const dates = [
  new Date(-1),
  new Date(0),
  new Date("2024-02-29T12:00:00.001Z"),
  new Date("9999-12-31T00:00:00Z"),
];
const rates = [-1.5, -0.25, 0, 0.5, 2, 1e300];
const orNull = <T>(values: readonly T[]) => fc.option(fc.constantFrom(...values), { nil: null });

export const values: { readonly [K in keyof Item]: fc.Arbitrary<Item[K]> } = {
  id: fc.constantFrom(...ids),
  group: orNull(groups),
  score: orNull([-3, 0, 1, 2, 3, 2 ** 40]),
  rate: orNull(rates),
  at: orNull(dates),
  live: orNull([true, false]),
  code: orNull(codes),
  text: fc.option(
    fc.oneof(
      { weight: 9, arbitrary: fc.constant("t") },
      { weight: 1, arbitrary: fc.constant("x".repeat(95_000)) },
    ),
    { nil: null },
  ),
};

const fields = ["id", "group", "score", "rate", "at", "live", "code"] as const;
const texts = new Set(["id", "group", "code"]);

const operators = (field: (typeof fields)[number]): fc.Arbitrary<Values> => {
  const value = values[field] as fc.Arbitrary<unknown>;
  const present = value.filter((one) => one !== null);
  return fc.oneof(
    { weight: 5, arbitrary: value.map((eq) => ({ eq })) },
    { weight: 2, arbitrary: fc.array(value, { maxLength: 3 }).map((list) => ({ in: list })) },
    { weight: 2, arbitrary: value.map((ne) => ({ ne })) },
    { weight: 2, arbitrary: fc.array(value, { maxLength: 3 }).map((notIn) => ({ notIn })) },
    { weight: 1, arbitrary: fc.tuple(present, present).map(([gte, ne]) => ({ gte, ne })) },
    { weight: 2, arbitrary: present.map((gt) => ({ gt })) },
    { weight: 2, arbitrary: present.map((lt) => ({ lt })) },
    { weight: 2, arbitrary: fc.tuple(present, present).map(([gte, lte]) => ({ gte, lte })) },
    { weight: 1, arbitrary: fc.boolean().map((isNull) => ({ isNull })) },
    ...(texts.has(field)
      ? [{ weight: 2, arbitrary: fc.constantFrom("", "a", "g", "k").map((startsWith) => ({ startsWith })) }]
      : []),
  );
};

const condition = fc
  .constantFrom(...fields)
  .chain((field) => operators(field).map((ops) => [field, ops] as const));

const alternatives = fc.array(fc.array(condition, { minLength: 1, maxLength: 2 }), { maxLength: 3 });

export const queries: fc.Arbitrary<ModelQuery> = fc.record({
  where: fc.oneof(
    { weight: 2, arbitrary: fc.array(condition, { maxLength: 3 }) },
    { weight: 1, arbitrary: fc.constant([]) },
  ),
  or: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 2, arbitrary: alternatives.map((one) => [one]) },
    { weight: 1, arbitrary: fc.array(alternatives, { maxLength: 2 }) },
  ),
  order: fc.array(fc.tuple(fc.constantFrom(...fields), fc.constantFrom("asc" as const, "desc" as const)), {
    maxLength: 2,
  }),
  reverse: fc.boolean(),
  limit: fc.option(fc.nat(5), { nil: undefined }),
  select: fc.option(fc.constantFrom(["id"] as const, ["id", "group", "score"] as const), { nil: undefined }),
});

const bytes = (text: string) => Buffer.from(text);

/** Order of two values of one field; null first. */
export function compareValues(a: unknown, b: unknown): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  if (typeof a === "string") return Buffer.compare(bytes(a), bytes(b as string));
  return Number(a) - Number(b);
}

function holds(value: unknown, op: string, wanted: unknown): boolean {
  if (op === "eq") return compareValues(value, wanted) === 0;
  if (op === "in") return (wanted as unknown[]).some((one) => compareValues(value, one) === 0);
  if (op === "isNull") return (value === null) === wanted;
  if (value === null) return false;
  if (op === "ne") return compareValues(value, wanted) !== 0;
  if (op === "notIn") return !(wanted as unknown[]).some((one) => compareValues(value, one) === 0);
  if (op === "startsWith") return (value as string).startsWith(wanted as string);
  const order = compareValues(value, wanted);
  return op === "gt" ? order > 0 : op === "gte" ? order >= 0 : op === "lt" ? order < 0 : order <= 0;
}

/** The rows that satisfy the query's conditions, by testing each. */
export function naive(rows: Iterable<Item>, query: ModelQuery): Item[] {
  const all = (row: Item, conditions: readonly ModelCondition[]) =>
    conditions.every(([field, ops]) =>
      Object.entries(ops).every(([op, wanted]) => holds(row[field], op, wanted)),
    );
  return [...rows].filter(
    (row) =>
      all(row, query.where) && query.or.every((alternatives) => alternatives.some((one) => all(row, one))),
  );
}

/** Order of two rows by the query's order alone. */
export function compareByOrder(query: ModelQuery, a: Item, b: Item): number {
  for (const [field, direction] of query.order) {
    const order = compareValues(a[field], b[field]) * (direction === "desc" ? -1 : 1);
    if (order !== 0) return query.reverse ? -order : order;
  }
  return 0;
}
