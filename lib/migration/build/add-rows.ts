/** Adds a batch of records to the indexes, counters and custom indexes under construction. */

import { keyAfter, MutationType } from "../../engine/index.js";
import {
  type Bytes,
  indexedRow,
  indexerContext,
  isTally,
  type LayerContext,
  type MaintainedIndex,
  type RowView,
  tallyBytes,
} from "../../layer/index.js";
import { type TupleItem, unpack } from "../../tuple/index.js";
import { noteDuplicates } from "./duplicates.js";

/** A record with its key, as it goes into the indexes. */
export interface BuiltRow {
  readonly key: Bytes;
  readonly pk: readonly TupleItem[];
  readonly row: RowView;
}

export async function addRows(
  ctx: LayerContext,
  group: readonly MaintainedIndex[],
  rows: readonly BuiltRow[],
  once: boolean,
): Promise<void> {
  if (!once) for (const { key } of rows) ctx.tx.addReadConflictRange(key, keyAfter(key));
  for (const index of group) {
    if (isTally(index.info)) countRows(ctx, index, rows);
    else if (index.indexer !== undefined) handOver(ctx, index, rows);
    else if (index.info.unique) await addUnique(ctx, index, rows);
    else addEntries(ctx, index, rows);
  }
}

function addEntries(ctx: LayerContext, index: MaintainedIndex, rows: readonly BuiltRow[]): void {
  for (const { row, pk } of rows) {
    for (const entry of index.entries(row, pk, false)) ctx.tx.set(entry.key, entry.value);
  }
}

function countRows(ctx: LayerContext, index: MaintainedIndex, rows: readonly BuiltRow[]): void {
  for (const { row } of rows) {
    const tally = index.tally(row);
    if (tally === undefined) continue;
    ctx.tx.atomic(MutationType.add, tally.key, tallyBytes(index.info.kind, tally.amount));
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
  const entries = rows.flatMap(({ row, pk }) =>
    index.entries(row, pk, false).map((entry) => ({ entry, pk })),
  );
  const owners = await Promise.all(
    entries.map(({ entry }) => (entry.owner === undefined ? undefined : ctx.tx.get(entry.key))),
  );
  const seen = new Map<string, readonly TupleItem[]>();
  const found: (readonly (readonly TupleItem[])[])[] = [];
  entries.forEach(({ entry, pk }, i) => {
    if (entry.owner !== undefined) {
      const id = Buffer.from(entry.key).toString("latin1");
      const owner = seen.get(id) ?? ownerOf(owners[i], pk.length);
      if (owner !== undefined && !sameKey(owner, pk)) {
        found.push([owner, pk]);
        return;
      }
      seen.set(id, pk);
    }
    ctx.tx.set(entry.key, entry.value);
  });
  await noteDuplicates(ctx, index.info, found);
}

function ownerOf(value: Bytes | undefined, length: number): readonly TupleItem[] | undefined {
  return value === undefined ? undefined : unpack(value).slice(0, length);
}

function sameKey(a: readonly TupleItem[], b: readonly TupleItem[]): boolean {
  return a.length === b.length && a.every((item, i) => String(item) === String(b[i]));
}
