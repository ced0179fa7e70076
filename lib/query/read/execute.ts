/** Runs queries in a transaction: plans them, reads their rows, and tests and sorts what the keys do not. */

import { type LayerContext, metadataOf, readEachRecord, verifyTenant } from "../../layer/index.js";
import { compareBy, compileConditions } from "../evaluate/index.js";
import { checkCursorTenant, type Plan, planQuery } from "../plan/index.js";
import type { QueryAst } from "../words/index.js";
import type { FoundRow } from "./found-row.js";
import { coveredRow, type Entry, pathPrefix, recordKey } from "./path-keys.js";
import { readPlainRow } from "./plain-rows.js";
import { primaryRows, streamPrimaryRows } from "./primary-rows.js";
import { type EntryOptions, readCustomEntries, readEntries, streamEntries } from "./read-entries.js";

export interface ExecuteOptions {
  /** Reads take no part in conflicts. */
  readonly snapshot?: boolean;
}

/** Rows that are fetched by primary key at once. */
const FETCH = 1_000;
/** Index entries that are tested at once when it is not known how many pass. */
const TEST = 64;

/** Plans a query with the indexes of the context's tenant. */
export async function planFor(ctx: LayerContext, ast: QueryAst): Promise<Plan> {
  if (ast.after !== undefined) checkCursorTenant(ast.after, ctx.tenant);
  return planQuery(ast, ast.info, await metadataOf(ctx, ast.source));
}

/** What is read or computed for each entry; null where there is no row. */
async function recordsOf(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  entries: readonly Entry[],
  snapshot: boolean,
): Promise<readonly (object | null)[]> {
  if (!plan.fetch) return entries.map((entry) => coveredRow(ctx.tenant, ast, plan, entry));
  const pks = entries.map((entry) => recordKey(ctx.tenant, ast, plan, entry));
  if (ast.info !== undefined) return readEachRecord(ctx, ast.info, pks, { snapshot });
  return Promise.all(pks.map((pk) => readPlainRow(ctx, ast.source, pk, snapshot)));
}

/** The rows of index entries, read all at once; an entry whose row this transaction deletes meanwhile gives none. */
async function rowsOf(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  entries: readonly Entry[],
  snapshot: boolean,
  since: number,
): Promise<FoundRow[]> {
  const rows: FoundRow[] = [];
  for (let at = 0; at < entries.length; at += FETCH) {
    const batch = entries.slice(at, at + FETCH);
    const found = await recordsOf(ctx, ast, plan, batch, snapshot);
    const stillFits = stillFitting(ctx, ast, plan, since);
    for (let i = 0; i < found.length; i++) {
      const record = found[i] ?? null;
      if (record !== null && stillFits(record)) rows.push({ record, position: batch[i]!.key });
    }
  }
  return rows;
}

type Test = (record: object) => boolean;

const always: Test = () => true;

/** A row that a write of the same transaction has changed, after its entry was read, may not be one of the query's now. */
function stillFitting({ attempt }: LayerContext, ast: QueryAst, plan: Plan, since: number): Test {
  if (attempt.clock === since || !plan.fetch || plan.kind === "custom" || ast.info === undefined)
    return always;
  const test = compileConditions(ast, ast.where);
  return (record) => test(record as Record<string, unknown>);
}

function testOf(ast: QueryAst, plan: Plan): Test | undefined {
  if (plan.residual.length === 0 && plan.filters === 0) return undefined;
  const residual = compileConditions(ast, plan.residual);
  return (record) =>
    residual(record as Record<string, unknown>) && ast.filters.every((filter) => filter(record as never));
}

async function* testedIndexRows(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  prefix: Uint8Array,
  snapshot: boolean,
  since: number,
): AsyncGenerator<FoundRow> {
  let batch: Entry[] = [];
  for await (const entry of streamEntries(ctx, prefix, plan, snapshot)) {
    batch.push(entry);
    if (batch.length < TEST) continue;
    yield* await rowsOf(ctx, ast, plan, batch, snapshot, since);
    batch = [];
  }
  yield* await rowsOf(ctx, ast, plan, batch, snapshot, since);
}

async function take(rows: AsyncGenerator<FoundRow>, test: Test, limit: number) {
  const taken: FoundRow[] = [];
  if (limit === 0) return taken;
  for await (const row of rows) {
    if (!test(row.record)) continue;
    taken.push(row);
    if (taken.length === limit) break;
  }
  return taken;
}

async function readInOrder(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  snapshot: boolean,
  limit: number | undefined,
  since: number,
) {
  const test = testOf(ast, plan);
  if (plan.kind === "custom") {
    const wanted = test === undefined ? limit : undefined;
    const entries = await readCustomEntries(ctx, ast, plan, { snapshot, limit: wanted });
    const rows = await rowsOf(ctx, ast, plan, entries, snapshot, since);
    return test === undefined ? rows : rows.filter(({ record }) => test(record)).slice(0, limit);
  }
  const prefix = pathPrefix(ctx.tenant, ast, plan);
  if (plan.kind === "primary" && plan.distinct === undefined) {
    if (test !== undefined && limit !== undefined) {
      return take(streamPrimaryRows(ctx, ast, prefix, plan, snapshot), test, limit);
    }
    const rows = await primaryRows(ctx, ast, prefix, plan, { snapshot, limit });
    return test === undefined ? rows : rows.filter(({ record }) => test(record));
  }
  if (test !== undefined && limit !== undefined) {
    return take(testedIndexRows(ctx, ast, plan, prefix, snapshot, since), test, limit);
  }
  const options: EntryOptions = { snapshot, limit };
  const entries = await readEntries(ctx, prefix, plan, options);
  const rows = await rowsOf(ctx, ast, plan, entries, snapshot, since);
  return test === undefined ? rows : rows.filter(({ record }) => test(record));
}

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
  const since = ctx.attempt.beginRead();
  try {
    if (plan.sort === undefined) return await readInOrder(ctx, ast, plan, snapshot, plan.limit, since);
    const compare = compareBy(ast, plan.sort);
    const rows = await readInOrder(ctx, ast, plan, snapshot, undefined, since);
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
