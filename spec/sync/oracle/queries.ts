import { from, type Query } from "../../../lib/index.js";
import type { Random } from "../runs.js";
import { chance, compareValues, type Kind, pick, some } from "./kinds.js";
import type { Row, Source } from "./schemas.js";

type Operators = Readonly<Record<string, unknown>>;
type Term = readonly [field: string, direction: "asc" | "desc"];

type Condition = readonly [field: string, operators: Operators];

/** A query as data, for Plinth and for the naive model alike. */
export interface ModelQuery {
  readonly source: Source;
  readonly where: readonly Condition[];
  /** Lists of conditions of which one must hold whole; undefined for none. */
  readonly or?: readonly (readonly Condition[])[] | undefined;
  readonly order: readonly Term[];
  readonly reverse: boolean;
  readonly limit: number | undefined;
  /** One name gives plain values. */
  readonly select: string | readonly string[] | undefined;
  readonly filter: ModelFilter | undefined;
}

/** A function that refers to a value from outside; `deps` where it says so. */
export interface ModelFilter {
  readonly test: (row: Row) => boolean;
  readonly captured: number;
  readonly deps: readonly unknown[] | undefined;
}

function randomFilter(next: Random): ModelFilter {
  const captured = next(3);
  const test = (row: Row): boolean => String(row.text ?? "").length % 3 !== captured;
  return { test, captured, deps: chance(next, 3) ? undefined : [captured] };
}

function randomOperators(next: Random, kind: Kind, keys: readonly unknown[]): Operators {
  const values = kind.values.length > 0 ? kind.values : keys;
  if (values.length === 0) return { isNull: chance(next, 2) };
  const value = pick(next, values);
  switch (next(10)) {
    case 0:
      return { in: some(next, [...values, null], 3) };
    case 6:
      return { ne: value };
    case 7:
      return { notIn: some(next, [...values, null], 3) };
    case 1:
      return { gt: value };
    case 2:
      return { lte: value };
    case 3:
      return { gte: value, lt: pick(next, values) };
    case 4:
      return { isNull: chance(next, 2) };
    case 5:
      return kind.prefixes === undefined ? { gte: value } : { startsWith: pick(next, kind.prefixes) };
    default:
      return { eq: chance(next, 10) ? null : value };
  }
}

/** Keys of rows that there are, by the source's own field or the one that refers to others. */
export type Keys = (source: Source) => readonly unknown[];

/** @param keys for keys that the commit makes */
export function randomQuery(next: Random, source: Source, keys: Keys): ModelQuery {
  const names = [...source.fields.keys()];
  const keysIn = (field: string) => keys(field === "ref" ? source.refersTo! : source);
  const conditions = (atMost: number) =>
    some(next, names, atMost).map(
      (field) => [field, randomOperators(next, source.fields.get(field)!, keysIn(field))] as const,
    );
  const or = chance(next, 3)
    ? [conditions(1), conditions(1), conditions(2)].filter((list) => list.length > 0)
    : undefined;
  const where = conditions(or === undefined ? 2 : 1);
  const order = chance(next, 2)
    ? some(next, names, 2).map((field): Term => [field, chance(next, 2) ? "asc" : "desc"])
    : [];
  return {
    source,
    where,
    or,
    order,
    reverse: chance(next, 4),
    limit: chance(next, 2) ? next(6) : undefined,
    select: chance(next, 4) ? (chance(next, 2) ? pick(next, names) : some(next, names, 3)) : undefined,
    filter: chance(next, 6) ? randomFilter(next) : undefined,
  };
}

/** The query as Plinth takes it; `scan` opts in to reading more than the result. */
export function queryOf(model: ModelQuery, scan: boolean): Query<Row, unknown> {
  let query = from(model.source.schema);
  for (const [field, operators] of model.where) query = query.where({ [field]: operators } as never);
  if (model.or !== undefined) query = query.where({ or: model.or.map(Object.fromEntries) } as never);
  for (const [field, direction] of model.order) query = query.orderBy({ [field]: direction } as never);
  if (model.reverse) query = query.reverseOrder();
  if (model.limit !== undefined) query = query.limit(model.limit);
  if (model.filter !== undefined) query = query.filter(model.filter.test, model.filter.deps);
  if (scan) query = query.scan();
  if (model.select === undefined || model.select.length === 0) return query;
  return query.select(model.select as never) as Query<Row, unknown>;
}

function holds(kind: Kind, value: unknown, op: string, wanted: unknown): boolean {
  if (op === "eq") return compareValues(kind, value, wanted) === 0;
  if (op === "in") return (wanted as unknown[]).some((one) => compareValues(kind, value, one) === 0);
  if (op === "isNull") return (value === null) === wanted;
  if (value === null) return false;
  if (op === "startsWith") return kind.startsWith!(value as never, wanted as never);
  if (op === "notIn") return !(wanted as unknown[]).some((one) => compareValues(kind, value, one) === 0);
  const order = compareValues(kind, value, wanted);
  if (op === "ne") return order !== 0;
  return op === "gt" ? order > 0 : op === "gte" ? order >= 0 : op === "lt" ? order < 0 : order <= 0;
}

/** Whether a row satisfies the query's conditions. */
export function satisfies(model: ModelQuery, row: Row): boolean {
  const all = (conditions: readonly Condition[]) =>
    conditions.every(([field, operators]) =>
      Object.entries(operators).every(([op, wanted]) =>
        holds(model.source.fields.get(field)!, row[field], op, wanted),
      ),
    );
  return (
    (model.filter === undefined || model.filter.test(row)) &&
    all(model.where) &&
    (model.or === undefined || model.or.some(all))
  );
}

/** Every condition of a query, alternatives too. */
export const conditionsOf = ({ where, or = [] }: ModelQuery): readonly Condition[] => [
  ...where,
  ...or.flat(),
];

/** Order of two rows by the query's order alone. */
function compareByOrder(model: ModelQuery, a: Row, b: Row): number {
  for (const [field, direction] of model.order) {
    const order = compareValues(model.source.fields.get(field)!, a[field], b[field]);
    if (order !== 0) return (direction === "desc") !== model.reverse ? -order : order;
  }
  return 0;
}

/**
 * Whether `found` is a result of the query on `rows`: the right rows, in an order that the query allows. Among rows
 * that the order leaves equal, any may come first, and any may be cut off by the limit.
 */
export function isResult(model: ModelQuery, rows: readonly Row[], found: readonly Row[]): boolean {
  const wanted = rows.filter((row) => satisfies(model, row)).sort((a, b) => compareByOrder(model, a, b));
  if (found.length !== Math.min(model.limit ?? wanted.length, wanted.length)) return false;
  const places = (row: Row) =>
    wanted.findIndex(
      (one) =>
        compareValues(model.source.key, one.id, row.id) === 0 &&
        (model.source.partition === undefined || one[model.source.partition] === row[model.source.partition]),
    );
  const at = found.map(places);
  if (at.includes(-1) || new Set(at).size !== at.length) return false;
  return found.every((row, i) => compareByOrder(model, row, wanted[i]!) === 0);
}

/** What the query's `select` makes of a row. */
export function selected(model: ModelQuery, row: Row): unknown {
  const { select } = model;
  if (select === undefined || select.length === 0) return row;
  if (typeof select === "string") return row[select];
  return Object.fromEntries(select.map((field) => [field, row[field]]));
}
