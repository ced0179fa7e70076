import { equalBytes, firstGreaterOrEqual, keyAfter } from "../../engine/index.js";
import { RecordCorruptError } from "../../errors.js";
import type { MaintainedIndex, Maintenance, RowView } from "../../layer/index.js";
import {
  type Bytes,
  decodeHeader,
  isChunk,
  isChunked,
  joinChunks,
  type LayerContext,
  pkOfDataKey,
  viewOf,
} from "../../layer/index.js";
import type { TupleItem } from "../../tuple/index.js";
import type { Problem } from "./check-report.js";

export interface CheckStep {
  /** Where the next step begins; undefined at the end. */
  readonly next: Bytes | undefined;
  readonly compared: number;
  readonly problems: readonly Problem[];
}

/** A record as its keys lie in the store. */
export interface Group {
  readonly key: Bytes;
  readonly value: Bytes;
  readonly chunks: Bytes[];
}

/**
 * Compares the next records of a source with their chunks and with their entries in every index, at one version.
 * With `repair`, entries are put right in the same transaction, which then depends on the records it read.
 */
export async function checkRows(
  ctx: LayerContext,
  maintenance: Maintenance,
  begin: Bytes,
  stepBytes: number,
  repair: boolean,
): Promise<CheckStep> {
  const { groups, orphans, next } = await readGroups(ctx, maintenance, begin, stepBytes);
  const problems: Problem[] = [];
  const { source } = maintenance.layout.info;
  for (const key of orphans) {
    if (repair) {
      ctx.tx.addReadConflictRange(key, keyAfter(key));
      ctx.tx.clear(key);
    }
    const detail = "a chunk without a record";
    problems.push({
      kind: "orphan-chunk",
      source,
      index: null,
      record: textOf(ctx, maintenance, key),
      detail,
      repaired: repair,
    });
  }
  const indexes = maintenance.indexes.filter((index) => index.info.state === "readable");
  const found = await Promise.all(groups.map((group) => checkRow(ctx, maintenance, indexes, group, repair)));
  return { next, compared: groups.length, problems: [...problems, ...found.flat()] };
}

/** The next records with what lies behind them, whether that makes sense or not. */
export async function readGroups(
  ctx: LayerContext,
  maintenance: Maintenance,
  begin: Bytes,
  stepBytes: number,
) {
  const { end } = maintenance.keys.dataRange;
  const groups: Group[] = [];
  const orphans: Bytes[] = [];
  let from = begin;
  let bytes = 0;
  for (;;) {
    const batch = await ctx.tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end), {
      snapshot: true,
      targetBytes: stepBytes,
    });
    for (const [key, value] of batch.rows) {
      bytes += key.length + value.length;
      const last = groups.at(-1);
      if (!isChunk(value)) {
        if (bytes >= stepBytes && last !== undefined) return { groups, orphans, next: key };
        groups.push({ key, value, chunks: [] });
      } else if (last !== undefined && isChunked(last.value) && isBehind(key, last.key))
        last.chunks.push(value);
      else orphans.push(key);
    }
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return { groups, orphans, next: undefined };
    from = keyAfter(last[0]);
  }
}

/** Throws `RecordCorruptError` for a damaged record. */
export function rowOfGroup(ctx: LayerContext, { layout }: Maintenance, group: Group): RowView {
  const body = isChunked(group.value) ? joinChunks(decodeHeader(group.value), group.chunks) : group.value;
  return viewOf(layout, body, pkOfDataKey(ctx, layout, group.key));
}

export function isCorrupt(error: unknown): error is RecordCorruptError {
  return error instanceof RecordCorruptError;
}

function isBehind(chunk: Bytes, record: Bytes): boolean {
  return chunk.length > record.length && equalBytes(chunk.subarray(0, record.length), record);
}

async function checkRow(
  ctx: LayerContext,
  maintenance: Maintenance,
  indexes: readonly MaintainedIndex[],
  group: Group,
  repair: boolean,
): Promise<Problem[]> {
  const { layout } = maintenance;
  const { source } = layout.info;
  const pk = pkOfDataKey(ctx, layout, group.key);
  const record = pk.map(String);
  try {
    const row = rowOfGroup(ctx, maintenance, group);
    const problems = await Promise.all(
      indexes.map((index) => checkEntry(ctx, index, row, pk, group.key, repair)),
    );
    return problems.flat();
  } catch (error) {
    if ((error as { code?: unknown }).code !== "record_corrupt") throw error;
    return [
      {
        kind: "damaged-record",
        source,
        index: null,
        record,
        detail: (error as Error).message,
        repaired: false,
      },
    ];
  }
}

async function checkEntry(
  ctx: LayerContext,
  index: MaintainedIndex,
  row: Parameters<MaintainedIndex["entry"]>[0],
  pk: readonly TupleItem[],
  key: Bytes,
  repair: boolean,
): Promise<Problem[]> {
  const entry = index.entry(row, pk, false);
  if (entry === undefined) return [];
  const stored = await ctx.tx.get(entry.key, true);
  if (stored !== undefined && equalBytes(stored, entry.value)) return [];
  const taken = stored !== undefined && entry.owner !== undefined && !ownedBy(stored, entry.owner);
  const repaired = repair && !taken;
  if (repaired) {
    ctx.tx.addReadConflictRange(key, keyAfter(key));
    ctx.tx.addReadConflictRange(entry.key, keyAfter(entry.key));
    ctx.tx.set(entry.key, entry.value);
  }
  const detail = taken
    ? "the unique value belongs to another record"
    : stored === undefined
      ? "the record has no entry"
      : "the entry's value differs from the record";
  const kind = stored === undefined ? "missing-entry" : "wrong-entry";
  return [
    { kind, source: index.info.source, index: index.info.name, record: pk.map(String), detail, repaired },
  ];
}

function ownedBy(value: Bytes, owner: Bytes): boolean {
  return value.length >= owner.length && equalBytes(value.subarray(0, owner.length), owner);
}

function textOf(ctx: LayerContext, maintenance: Maintenance, key: Bytes): string[] {
  return pkOfDataKey(ctx, maintenance.layout, key).map(String);
}
