import { setImmediate as nextTurn } from "node:timers/promises";
import { keyAfter, MutationType } from "../../engine/index.js";
import { UniqueBuildError } from "../../errors.js";
import type { Bytes, LayerContext, RawRow, RowView } from "../../layer/index.js";
import {
  afterRow,
  decodeMeta,
  indexedRow,
  indexerContext,
  type MaintainedIndex,
  type Maintenance,
  maintenanceOf,
  metadataOf,
  metaKeys,
  pkOfDataKey,
  readRawRows,
  viewOf,
} from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type TupleItem, unpack } from "../../tuple/index.js";
import type { Budget } from "./budget.js";

/** The cursor of an index that has seen every record. */
export const BUILT: Bytes = Uint8Array.of(0xff);

export interface StepResult {
  readonly rows: number;
  readonly bytes: number;
  /** Every index of the step has seen every record. */
  readonly done: boolean;
}

/** A record with its key, as it goes into the indexes. */
interface BuiltRow {
  readonly key: Bytes;
  readonly pk: readonly TupleItem[];
  readonly row: RowView;
}

/** Read, and worked on without a pause, at a time. */
const BATCH_BYTES = 64_000;

/** About what an entry and its conflict ranges add to the transaction, however small the record is. */
const ENTRY_BYTES = 200;

const one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);

/**
 * Takes the next records of a source into indexes under construction, in the caller's transaction.
 *
 * Writers maintain these indexes for every record already, so a record that is read here and written meanwhile must
 * make one of the two run again. For plain entries that is each record's own key. Counters and custom indexers take
 * each record once, so there the whole range read conflicts, in both directions.
 *
 * @param names the indexes to build; those that are not under construction (any more) are left alone
 * @throws UniqueBuildError
 */
export async function buildStep(
  ctx: LayerContext,
  info: SchemaInfo,
  names: ReadonlySet<string>,
  budget: Budget,
): Promise<StepResult> {
  const maintenance = maintenanceOf(ctx.tenant, info, await metadataOf(ctx, info.source));
  const building = [...maintenance.indexes, ...maintenance.counters, ...maintenance.custom].filter(
    (index) => index.info.state === "writeOnly" && names.has(index.info.name),
  );
  await refuseDuplicates(ctx, building);
  const cursors = await Promise.all(building.map((index) => ctx.tx.get(index.buildKey)));
  const from = cursors.reduce<Bytes>((least, cursor) => smaller(least, cursor ?? BUILT), BUILT);
  if (from[0] === 0xff) return { rows: 0, bytes: 0, done: true };
  const group = building.filter((_, i) => Buffer.compare(cursors[i] ?? BUILT, from) === 0);
  const until = cursors.reduce<Bytes>(
    (least, cursor) =>
      Buffer.compare(cursor ?? BUILT, from) === 0 ? least : smaller(least, cursor ?? BUILT),
    BUILT,
  );
  return takeRows(ctx, maintenance, group, from, until, budget);
}

function smaller(a: Bytes, b: Bytes): Bytes {
  return Buffer.compare(a, b) <= 0 ? a : b;
}

async function takeRows(
  ctx: LayerContext,
  maintenance: Maintenance,
  group: readonly MaintainedIndex[],
  from: Bytes,
  until: Bytes,
  budget: Budget,
): Promise<StepResult> {
  const { data } = maintenance.keys;
  const begin = from.length === 0 ? maintenance.keys.dataRange.begin : Buffer.concat([data, from]);
  const end = Buffer.concat([data, until]);
  const once = group.some((index) => index.followsCursor);
  const startedAt = performance.now();
  let rows = 0;
  let bytes = 0;
  let last: Bytes | undefined;
  let exhausted = true;
  for await (const batch of readRawRows(
    ctx,
    { begin, end },
    {
      snapshot: !once,
      byteLimit: budget.bytes,
      batchBytes: BATCH_BYTES,
    },
  )) {
    const built = batch.map((raw) => builtRow(ctx, maintenance, raw));
    await addRows(ctx, group, built, once);
    rows += batch.length;
    for (const raw of batch) bytes += raw.key.length + raw.body.length;
    const weight = bytes + rows * ENTRY_BYTES * group.length;
    last = batch.at(-1)?.key;
    if (weight >= budget.bytes || performance.now() - startedAt > budget.milliseconds) {
      exhausted = false;
      break;
    }
    // Builds share their process with writers, who are to be heard between two batches.
    await nextTurn();
  }
  const reached = exhausted || last === undefined ? until : afterRow(last).subarray(data.length);
  if (once) ctx.tx.addWriteConflictRange(begin, Buffer.concat([data, reached]));
  for (const index of group) ctx.tx.set(index.buildKey, reached);
  return { rows, bytes, done: false };
}

function builtRow(ctx: LayerContext, maintenance: Maintenance, raw: RawRow): BuiltRow {
  const pk = pkOfDataKey(ctx, maintenance.layout, raw.key);
  return { key: raw.key, pk, row: viewOf(maintenance.layout, raw.body, pk) };
}

async function addRows(
  ctx: LayerContext,
  group: readonly MaintainedIndex[],
  rows: readonly BuiltRow[],
  once: boolean,
): Promise<void> {
  if (!once) for (const { key } of rows) ctx.tx.addReadConflictRange(key, keyAfter(key));
  for (const index of group) {
    if (index.info.kind === "counter") countRows(ctx, index, rows);
    else if (index.indexer !== undefined) handOver(ctx, index, rows);
    else if (index.info.unique) await addUnique(ctx, index, rows);
    else addEntries(ctx, index, rows);
  }
}

function addEntries(ctx: LayerContext, index: MaintainedIndex, rows: readonly BuiltRow[]): void {
  for (const { row, pk } of rows) {
    const entry = index.entry(row, pk, false);
    if (entry !== undefined) ctx.tx.set(entry.key, entry.value);
  }
}

function countRows(ctx: LayerContext, index: MaintainedIndex, rows: readonly BuiltRow[]): void {
  for (const { row } of rows) {
    const key = index.counterKey(row);
    if (key !== undefined) ctx.tx.atomic(MutationType.add, key, one);
  }
}

function handOver(ctx: LayerContext, index: MaintainedIndex, rows: readonly BuiltRow[]): void {
  const { indexer } = index;
  if (indexer === undefined) return;
  const context = indexerContext(ctx, index);
  const indexed = rows.flatMap(({ row, pk }) => indexedRow(index, row, pk, false) ?? []);
  if (indexer.build !== undefined) indexer.build(context, indexed);
  else for (const row of indexed) indexer.set(context, row);
}

async function addUnique(
  ctx: LayerContext,
  index: MaintainedIndex,
  rows: readonly BuiltRow[],
): Promise<void> {
  const entries = rows.flatMap(({ row, pk }) => {
    const entry = index.entry(row, pk, false);
    return entry === undefined ? [] : [{ entry, pk }];
  });
  const owners = await Promise.all(
    entries.map(({ entry }) => (entry.owner === undefined ? undefined : ctx.tx.get(entry.key))),
  );
  const seen = new Map<string, readonly TupleItem[]>();
  entries.forEach(({ entry, pk }, i) => {
    if (entry.owner !== undefined) {
      const id = Buffer.from(entry.key).toString("latin1");
      const owner = seen.get(id) ?? ownerOf(owners[i], pk.length);
      if (owner !== undefined && !sameKey(owner, pk)) throw duplicate(index, owner, pk);
      seen.set(id, pk);
    }
    ctx.tx.set(entry.key, entry.value);
  });
}

function ownerOf(value: Bytes | undefined, length: number): readonly TupleItem[] | undefined {
  return value === undefined ? undefined : unpack(value).slice(0, length);
}

function sameKey(a: readonly TupleItem[], b: readonly TupleItem[]): boolean {
  return a.length === b.length && a.every((item, i) => String(item) === String(b[i]));
}

function duplicate(
  index: MaintainedIndex,
  first: readonly unknown[],
  second: readonly unknown[],
): UniqueBuildError {
  return new UniqueBuildError(index.info.source, index.info.name, index.info.fields, [first, second]);
}

/** A writer has met two records with one value while the index was being built. */
export async function refuseDuplicates(
  ctx: LayerContext,
  indexes: readonly Pick<MaintainedIndex, "info">[],
): Promise<void> {
  const unique = indexes.filter((index) => index.info.unique);
  const found = await Promise.all(
    unique.map(({ info }) => ctx.tx.get(metaKeys.duplicate(ctx.tenant, info.source, info.name))),
  );
  unique.forEach(({ info }, i) => {
    const bytes = found[i];
    if (bytes === undefined) return;
    const [first, second] = decodeMeta(bytes) as unknown as [readonly unknown[], readonly unknown[]];
    throw new UniqueBuildError(info.source, info.name, info.fields, [first, second]);
  });
}
