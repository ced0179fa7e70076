/** Reads the rows of a plan of one path in its order, and tests what the keys do not tell. */

import type { LayerContext } from "../../layer/index.js";
import { compileQuery } from "../evaluate/index.js";
import { type Plan, readsRows } from "../plan/index.js";
import type { QueryAst } from "../words/index.js";
import { fetchRows } from "./fetch-rows.js";
import type { FoundRow } from "./found-row.js";
import { type Entry, pathPrefix, recordKey, toldRow } from "./path-keys.js";
import { primaryRows, streamPrimaryRows } from "./primary-rows.js";
import { type EntryOptions, readCustomEntries, readEntries, streamEntries } from "./read-entries.js";

/** Rows that are fetched by primary key at once. */
export const FETCH = 1_000;
/** Index entries that are tested at once when it is not known how many pass. */
export const TEST = 64;

/** How the rows of a plan are read. */
export interface OrderedRead {
  readonly snapshot: boolean;
  readonly limit: number | undefined;
  /** The clock of the attempt when the reading began. */
  readonly since: number;
  /** Default: the conditions that the keys do not decide, and the filters. */
  readonly test?: Test | undefined;
}

/** What each entry tells, or is read for it; null where there is no row. */
async function recordsOf(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  entries: readonly Entry[],
  snapshot: boolean,
): Promise<readonly (object | null)[]> {
  const keyOf = (entry: Entry) => recordKey(ctx.tenant, ast, plan, entry);
  if (plan.fetch) return fetchRows(ctx, ast, entries.map(keyOf), snapshot);
  const told = entries.map((entry) => toldRow(ctx.tenant, ast, plan, entry));
  const absent = entries.filter((_, at) => told[at] === undefined);
  if (absent.length === 0) return told as readonly object[];
  const fetched = await fetchRows(ctx, ast, absent.map(keyOf), snapshot);
  let at = 0;
  return entries.map((_, i) => told[i] ?? fetched[at++] ?? null);
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
    const batch = entries.length <= FETCH ? entries : entries.slice(at, at + FETCH);
    const found = await recordsOf(ctx, ast, plan, batch, snapshot);
    const stillFits = stillFitting(ctx, ast, plan, since);
    for (let i = 0; i < found.length; i++) {
      const record = found[i] ?? null;
      if (record !== null && stillFits(record)) rows.push({ record, position: batch[i]!.key });
    }
  }
  return rows;
}

export type Test = (record: object) => boolean;

const always: Test = () => true;

/** A row that a write of the same transaction has changed, after its entry was read, may not be one of the query's now. */
export function stillFitting({ attempt }: LayerContext, ast: QueryAst, plan: Plan, since: number): Test {
  if (attempt.clock === since || !readsRows(plan) || plan.kind === "custom" || ast.info === undefined)
    return always;
  const test = compileQuery(ast);
  return (record) => test(record as Record<string, unknown>);
}

export function testOf(ast: QueryAst, plan: Plan): Test | undefined {
  if (plan.residual.length === 0 && plan.alternatives.length === 0 && plan.filters === 0) return undefined;
  const residual = compileQuery(ast, plan.residual, plan.alternatives);
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

/** The rows of a plan of one path in its order; `test` decides which of them count for the limit. */
export async function readInOrder(
  ctx: LayerContext,
  ast: QueryAst,
  plan: Plan,
  { snapshot, limit, since, test = testOf(ast, plan) }: OrderedRead,
): Promise<FoundRow[]> {
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
