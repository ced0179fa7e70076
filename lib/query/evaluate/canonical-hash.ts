/** Hashes queries so that those which ask the same, however they are written, have the same hash. */

import { createHash } from "node:crypto";
import { isBytes, isDate } from "../../schema/index.js";
import {
  type Condition,
  encodingIn,
  isItems,
  type OrderTerm,
  pathsOf,
  type QueryAst,
  type RowFilter,
} from "../words/index.js";
import { foldConditions, groupByField } from "./fold-conditions.js";

const filterIds = new WeakMap<RowFilter, number>();
let nextFilterId = 1;

/** Functions cannot be compared, only recognised: the same function object has the same number in this process. */
function filterId(filter: RowFilter): number {
  let id = filterIds.get(filter);
  if (id === undefined) {
    id = nextFilterId++;
    filterIds.set(filter, id);
  }
  return id;
}

function canonicalValue(value: unknown): unknown {
  if (typeof value === "bigint") return `${value}n`;
  if (isBytes(value)) return { bytes: Buffer.from(value).toString("hex") };
  if (Array.isArray(value)) return value.map(canonicalValue);
  if (isDate(value) || typeof value !== "object" || value === null) return value;
  if ("toJSON" in value) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, canonicalValue(item)]));
}

function canonicalWhere(ast: QueryAst, where: readonly Condition[] = ast.where): unknown {
  const parts: [string, unknown][] = [];
  const encodings = (field: string) => encodingIn(ast, field);
  for (const c of foldConditions(where, encodings).values()) {
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
    if (isItems(ast.info, c.field)) {
      const own = where.filter(({ field }) => field === c.field);
      parts.push([
        c.field,
        [...new Set(own.map(({ value }) => hex(encodings(c.field).bytes(value))))].sort(),
      ]);
      continue;
    }
    parts.push([
      c.field,
      c.kind === "points"
        ? c.points.map((p) => hex(p.bytes))
        : c.pieces.flatMap(({ begin, end }) => [hex(begin), "..", hex(end)]),
    ]);
  }
  for (const [field, group] of groupByField(where)) {
    if (encodings(field).keyed) continue;
    parts.push([field, group.map(({ op, value }) => [op, canonicalValue(value)])]);
  }
  return parts.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Text that is equal for conditions that say the same. */
export const canonicalText = (ast: QueryAst, where: readonly Condition[]): string =>
  JSON.stringify(canonicalWhere(ast, where));

/** All conditions; alternatives count as a set. */
function canonicalConditions(ast: QueryAst): unknown {
  const where = canonicalWhere(ast);
  if (ast.or.length === 0) return where;
  const groups = ast.or.map((alternatives) =>
    JSON.stringify([...new Set(alternatives.map((one) => canonicalText(ast, one)))].sort()),
  );
  return [where, [...new Set(groups)].sort()];
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("base64url").slice(0, 22);
}

const orderText = ({ field, direction, nulls }: OrderTerm): readonly string[] =>
  nulls === undefined ? [field, direction] : [field, direction, nulls];

/** A single field counts as it did when there could be no others. */
const distinctText = ({ distinct }: QueryAst): unknown =>
  distinct === undefined ? null : distinct.length === 1 ? distinct[0] : [...distinct].sort();

const hashes = new WeakMap<QueryAst, string>();

/**
 * Equal for queries that ask the same, however they are written: `{ a: 1 }` and `{ a: { in: [1] } }`, conditions in
 * another order or range bounds that fold to the same range. Filters count by the identity of their function.
 */
export function canonicalHash(ast: QueryAst): string {
  let hash = hashes.get(ast);
  if (hash === undefined) {
    hash = digest([
      ast.source,
      ast.info === undefined,
      canonicalConditions(ast),
      ast.order.map(orderText),
      ast.reverse,
      ast.ties ? [ast.limit, "ties"] : (ast.limit ?? null),
      ast.select ?? null,
      [...pathsOf(ast.preload)].sort(),
      ast.after ?? null,
      ast.using ?? null,
      ast.filters.map(filterId),
      distinctText(ast),
    ]);
    hashes.set(ast, hash);
  }
  return hash;
}

/** What a cursor is bound to: everything but the page's size and place, and no function's identity. */
export function cursorHash(ast: QueryAst): string {
  return digest([
    ast.source,
    canonicalConditions(ast),
    ast.order.map(orderText),
    ast.reverse,
    ast.filters.length,
    distinctText(ast),
  ]);
}
