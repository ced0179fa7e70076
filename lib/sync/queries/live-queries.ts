/** Makes live queries: one function for each kind that `Sync` offers. */

import { InvalidQueryError, UnsupportedQueryError } from "../../errors.js";
import { astOf, type QueryAst, requireStoredField, type Selects, withWhere } from "../../query/index.js";
import { keyOfId } from "../../repo/index.js";
import { type SchemaClass, type SchemaInfo, schemaOf } from "../../schema/index.js";
import { type Action, type AnyLive, isLive, type Live, makeLive, partsOf } from "../live/index.js";
import { rowKey } from "../log/index.js";
import { checkAction, checkLiveQuery } from "./checks.js";
import { digest, hashOf, objectId } from "./query-hash.js";
import { withSafeFilters } from "./safe-filters.js";

function liveOf<R, C>(kind: "all" | "count", given: QueryAst, info: SchemaInfo, on: Action): Live<R, C> {
  const { hash, identity } = hashOf(given, info);
  const ast = withSafeFilters(given);
  const spec = kind === "all" ? ({ kind, ast, info, on } as const) : ({ kind, ast, info } as const);
  return makeLive(kind, digest(kind, hash, on), digest(kind, identity, on), spec);
}

export function liveOne<T extends object>(schema: SchemaClass<T>, id: unknown): Live<T | null, T> {
  const info = schemaOf(schema) as unknown as SchemaInfo;
  if (id === undefined || id === null) {
    throw new InvalidQueryError(
      `sync.one(${info.name}, id) has no id (${String(id)}), usually a variable that was never set.`,
    );
  }
  // Ids that are equal as keys are one.
  const hash = digest("one", info.source, rowKey(keyOfId(info, id)));
  return makeLive("one", hash, digest(hash, objectId(info)), { kind: "one", info, id: shownId(info, id) });
}

/** What changes call the key of the row. */
function shownId(info: SchemaInfo, id: unknown): unknown {
  if (info.keyFields.length === 1 || Array.isArray(id)) return id;
  return info.keyFields.map(({ name }) => (id as Record<string, unknown>)[name]);
}

export function liveAll<Row>(
  query: Selects<Row> | SchemaClass<object>,
  by: object | undefined,
  on: Action = "changes",
): Live<readonly Row[], Row> {
  checkAction(on);
  const ast = withConditions(astOf(query), by);
  return liveOf("all", ast, checkLiveQuery(ast, by === undefined ? "all" : "allBy"), on);
}

export function liveCount(query: Selects<unknown> | SchemaClass<object>): Live<number, number> {
  const ast = astOf(query);
  return liveOf("count", ast, checkLiveQuery(ast, "count"), "changes");
}

/** Types whose sums are exact, whatever the order of the changes. */
const summed: ReadonlySet<string> = new Set(["id", "integer", "bigint"]);

export function liveSum<V>(
  query: Selects<unknown> | SchemaClass<object>,
  field: string,
): Live<V | null, V | null> {
  const ast = astOf(query);
  const info = checkLiveQuery(ast, "sum");
  requireStoredField(info, info.name, field);
  const { type } = info.field(field);
  if (!summed.has(type.name) || ast.limit !== undefined) {
    throw new UnsupportedQueryError(
      ast.limit === undefined
        ? `sync.sum(…) adds up ${[...summed].join(", ")} fields, and ${info.name}.${field} is of type "${type.name}", whose sums ` +
            "depend on the order of the additions. Watch the rows, and add up what they hold."
        : "sync.sum(…) cannot keep the sum of a limited query up to date. Leave out .limit(…).",
    );
  }
  const { hash, identity } = hashOf(ast, info);
  const spec = { kind: "sum", ast: withSafeFilters(ast), info, field } as const;
  return makeLive("sum", digest("sum", hash, field), digest("sum", identity, field), spec);
}

export function liveSignal(schema: SchemaClass<object>, action: Action, by?: object): Live<number, number> {
  checkAction(action);
  const ast = withConditions(astOf(schema), by);
  const info = checkLiveQuery(ast, "signal");
  const { hash, identity } = hashOf(ast, info);
  const spec = { kind: "signal", ast, info, action } as const;
  return makeLive("signal", digest("signal", hash, action), digest("signal", identity, action), spec);
}

export function liveMany<T extends object>(
  schema: SchemaClass<T>,
  ids: readonly unknown[],
): Live<readonly T[], T> {
  if (!Array.isArray(ids)) throw new InvalidQueryError("sync.many(Schema, ids) takes an array of ids.");
  const info = schemaOf(schema) as unknown as SchemaInfo;
  const make = (id: unknown) => liveOne(schema, id);
  // Checked here, so that a bad id is an error of the call and not of the subscription.
  const hashes = ids.map((id) => make(id).hash);
  // Without ids, the rows of one schema are as few as those of another, but not the same query.
  const hash = ids.length === 0 ? digest("many", info.source, []) : digest("many", hashes);
  const identity = digest(hash, objectId(info));
  return makeLive("many", hash, identity, {
    kind: "each",
    ids: Object.freeze(ids.map((id) => shownId(info, id))),
    make: make as never,
    of: info,
  });
}

export function liveEach<I, R, C>(
  ids: Live<readonly I[], unknown>,
  make: (id: NonNullable<I>) => Live<R, C>,
): Live<readonly NonNullable<R>[], NonNullable<R>> {
  if (!isLive(ids)) {
    throw new InvalidQueryError(
      'sync.each(ids, fn) takes a live list of ids first: sync.all(from(Product).select("id")).',
    );
  }
  if (typeof make !== "function") {
    throw new InvalidQueryError("sync.each(ids, fn) takes a function second: (id) => sync.one(Product, id).");
  }
  const { spec, identity } = partsOf(ids);
  if (spec.kind === "one" || spec.kind === "count" || spec.kind === "sum" || spec.kind === "signal") {
    throw new InvalidQueryError(
      `sync.each needs a list of ids, and sync.${spec.kind}(…) is a single value. Use sync.all(from(…).select("id")).`,
    );
  }
  const hash = digest("each", ids.hash, String(make));
  return makeLive("each", hash, digest("each", identity, objectId(make)), {
    kind: "each",
    ids,
    make: make as (id: never) => AnyLive,
  });
}

function withConditions(ast: QueryAst, by: object | undefined): QueryAst {
  if (by === undefined) return ast;
  return withWhere(ast, by);
}
