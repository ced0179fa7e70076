/** Takes the next records of a source into its indexes under construction, in one transaction. */

import { setImmediate as nextTurn } from "node:timers/promises";
import {
  afterRow,
  type Bytes,
  type LayerContext,
  type MaintainedIndex,
  type Maintenance,
  maintenanceOf,
  metadataOf,
  pkOfDataKey,
  type RawRow,
  readRawRows,
  viewOf,
} from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { addRows, type BuiltRow } from "./add-rows.js";
import type { Budget } from "./budget.js";
import { refuseManyDuplicates } from "./duplicates.js";

/** The cursor of an index that has seen every record. */
const BUILT: Bytes = Uint8Array.of(0xff);

export interface StepResult {
  readonly rows: number;
  readonly bytes: number;
  /** Every index of the step has seen every record. */
  readonly done: boolean;
}

/** Bytes of records that are read at a time, and then worked on without a pause. */
const BATCH_BYTES = 64_000;

/** About what an entry and its conflict ranges add to the transaction, however small the record is. */
const ENTRY_BYTES = 200;

/**
 * Takes the next records of a source into indexes under construction, in the caller's transaction.
 *
 * Writers maintain these indexes for every record already, so a record that is read here and written meanwhile must
 * make one of the two run again. For plain entries that is each record's own key. Counters and custom indexers take
 * each record once, so there the whole range read conflicts, in both directions.
 *
 * @param names the indexes to build; those that are not under construction (any more) are left alone
 * @throws UniqueBuildError once many records have one value; fewer are told by `refuseDuplicates` when all are read
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
  await refuseManyDuplicates(ctx, building);
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
    // Builds share their process with writers, who must get a turn between two batches.
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
