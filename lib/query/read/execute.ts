/** Runs queries in a transaction: plans them, reads their rows, and sorts what the keys do not. */

import { UnsupportedQueryError } from "../../errors.js";
import { type LayerContext, metadataOf, unbuiltIndexes, verifyTenant } from "../../layer/index.js";
import { compareBy } from "../evaluate/index.js";
import { checkCursorTenant, type Plan, planQuery } from "../plan/index.js";
import type { QueryAst } from "../words/index.js";
import type { FoundRow } from "./found-row.js";
import { readInOrder } from "./read-in-order.js";
import { readUnion } from "./read-union.js";
import { checkTies, withTies } from "./ties.js";

export interface ExecuteOptions {
  /** Reads take no part in conflicts. */
  readonly snapshot?: boolean;
}

/** Plans a query with the indexes of the context's tenant. */
export async function planFor(ctx: LayerContext, ast: QueryAst): Promise<Plan> {
  if (ast.after !== undefined) checkCursorTenant(ast.after, ctx.tenant);
  const metadata = await metadataOf(ctx, ast.source);
  try {
    return planQuery(ast, ast.info, metadata);
  } catch (error) {
    if (!(error instanceof UnsupportedQueryError)) throw error;
    const unbuilt = await unbuiltIndexes(ctx, ast.source, fieldsAsked(ast));
    throw unbuilt === "" ? error : new UnsupportedQueryError(error.message + unbuilt);
  }
}

const fieldsAsked = ({ where, or, order, distinct = [] }: QueryAst): readonly string[] => [
  ...[...where, ...or.flat(2), ...order].map(({ field }) => field),
  ...distinct,
];

/** Runs a plan in the context's transaction; rows are whole records, or covered fields when none are fetched. */
export async function runPlan(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  options: ExecuteOptions = {},
): Promise<readonly FoundRow[]> {
  const { snapshot = false } = options;
  if (plan.kind === "empty") {
    await verifyTenant(ctx);
    return [];
  }
  if (ast.ties) {
    checkTies(ast, plan);
    const rows = await runPlan(ctx, { ...ast, ties: false }, plan, options);
    return withTies(ast, plan, rows, async (same) => runPlan(ctx, same, await planFor(ctx, same), options));
  }
  const since = ctx.attempt.beginRead();
  try {
    const read = plan.kind === "union" ? readUnion : readInOrder;
    if (plan.sort === undefined) return await read(ctx, ast, plan, { snapshot, limit: plan.limit, since });
    const compare = compareBy(ast, plan.sort);
    const rows = await read(ctx, ast, plan, { snapshot, limit: undefined, since });
    return rows.toSorted((a, b) => compare(a.record, b.record)).slice(0, plan.limit);
  } finally {
    ctx.attempt.endRead();
  }
}

/** Plans and runs a query: the whole records (or covered fields), in order, before `select` and `preload`. */
export async function execute(
  ctx: LayerContext,
  ast: QueryAst,
  options: ExecuteOptions = {},
): Promise<readonly object[]> {
  const rows = await runPlan(ctx, ast, await planFor(ctx, ast), options);
  return rows.map(({ record }) => record);
}
