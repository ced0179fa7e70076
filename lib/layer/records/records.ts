import type { KeyValue } from "../../engine/index.js";
import { firstGreaterOrEqual, keyAfter } from "../../engine/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { pack, type TupleItem, unpack } from "../../tuple/index.js";
import { CHUNK_BYTES, isChunked, layoutOf, type RecordLayout } from "../codec/index.js";
import type { Bytes } from "../keys/index.js";
import { type KeyRange, sourceKeys } from "../keys/index.js";
import type { LayerContext } from "../metadata/index.js";
import { verifyTenant } from "../metadata/index.js";
import { type RawRow, RowAssembler } from "./row-assembler.js";
import { loadRow, rowOf, type StoredRow } from "./stored-row.js";

export interface ReadOptions {
  /** Adds no read conflict: the transaction may commit although the rows have changed. */
  readonly snapshot?: boolean;
}

export interface ReadRangeOptions extends ReadOptions {
  /** Rows at most; absent is all. */
  readonly limit?: number;
  /** Last row first. */
  readonly reverse?: boolean;
  /** Stops after the row with which this many bytes were read. */
  readonly byteLimit?: number;
  /** Bytes that are fetched at a time; default: what the engine finds best. */
  readonly batchBytes?: number;
}

/** The key of a record; watch it to learn of every change, chunked records included. */
export function dataKey(
  ctx: Pick<LayerContext, "tenant">,
  info: SchemaInfo,
  pk: readonly TupleItem[],
): Bytes {
  return pack(pk, sourceKeys(ctx.tenant, info.source).data);
}

/**
 * One record by its key: one point read, and one range read when the record is chunked. Null when there is none.
 *
 * @param pk key items of the partition, if any, and of the primary key: `layoutOf(info).keyOfValues([id])`
 * @throws TenantGoneError, RecordCorruptError
 */
export async function readRecord<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pk: readonly TupleItem[],
  options: ReadOptions = {},
): Promise<T | null> {
  const row = await readRow<T>(ctx, info, pk, options);
  return row === null ? null : row.record;
}

/** As {@link readRecord}, with the stored bytes and values. */
export async function readRow<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pk: readonly TupleItem[],
  options: ReadOptions = {},
): Promise<StoredRow<T> | null> {
  const snapshot = options.snapshot === true;
  const key = dataKey(ctx, info, pk);
  const found = ctx.tx.get(key, snapshot);
  if (ctx.attempt.validated === undefined) {
    // It may fail before anybody waits for it.
    found.catch(() => undefined);
    await verifyTenant(ctx);
  }
  const value = await found;
  if (value === undefined) return null;
  return loadRow<T>(ctx.tx, layoutOf(info), ctx.tenant, key, value, pk, snapshot);
}

/**
 * Records by their keys, in the order of these, read all at once: as many calls of {@link readRecord}, without the
 * promises that each of those goes through.
 *
 * @throws TenantGoneError, RecordCorruptError
 */
export async function readEachRecord<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pks: readonly (readonly TupleItem[])[],
  options: ReadOptions = {},
): Promise<(T | null)[]> {
  const { tx, tenant } = ctx;
  const snapshot = options.snapshot === true;
  const layout = layoutOf(info);
  const keys = pks.map((pk) => dataKey(ctx, info, pk));
  const reads = Promise.all(keys.map((key) => tx.get(key, snapshot)));
  if (ctx.attempt.validated === undefined) {
    // They may fail before anybody waits for them.
    reads.catch(() => undefined);
    await verifyTenant(ctx);
  }
  const values = await reads;
  if (values.some((value) => value !== undefined && isChunked(value))) {
    const load = async (value: Bytes | undefined, i: number): Promise<T | null> =>
      value === undefined
        ? null
        : (await loadRow<T>(tx, layout, tenant, keys[i]!, value, pks[i]!, snapshot)).record;
    return Promise.all(values.map(load));
  }
  return values.map((value, i) =>
    value === undefined ? null : rowOf<T>(layout, tenant, value, pks[i]!, false).record,
  );
}

/**
 * Records in a range of record keys, in key order or its reverse. Limits count rows: no more keys are read than the
 * wanted rows have, and a chunked row is never cut.
 *
 * @throws TenantGoneError, RecordCorruptError
 */
export async function* readRecords<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  range: KeyRange,
  options: ReadRangeOptions = {},
): AsyncGenerator<T, void, undefined> {
  const layout = layoutOf(info);
  for await (const rows of readRawRows(ctx, range, options)) {
    for (const row of rows) {
      const pk = pkOfDataKey(ctx, layout, row.key);
      yield rowOf<T>(layout, ctx.tenant, row.body, pk, row.chunked).record;
    }
  }
}

/** All records of a range as one array; see {@link readRecords}. */
export async function readAllRecords<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  range: KeyRange,
  options: ReadRangeOptions = {},
): Promise<T[]> {
  const layout = layoutOf(info);
  const records: T[] = [];
  for await (const rows of readRawRows(ctx, range, options)) {
    for (const row of rows) {
      const pk = pkOfDataKey(ctx, layout, row.key);
      records.push(rowOf<T>(layout, ctx.tenant, row.body, pk, row.chunked).record);
    }
  }
  return records;
}

/** The key items of a record from its key. */
export function pkOfDataKey(
  ctx: Pick<LayerContext, "tenant">,
  layout: RecordLayout,
  key: Bytes,
): TupleItem[] {
  return unpack(key, sourceKeys(ctx.tenant, layout.info.source).data.length);
}

/** Complete rows as stored, a batch of one range read at a time. */
export async function* readRawRows(
  ctx: LayerContext,
  range: KeyRange,
  options: ReadRangeOptions = {},
): AsyncGenerator<readonly RawRow[], void, undefined> {
  if (ctx.attempt.validated === undefined) await verifyTenant(ctx);
  const { tx } = ctx;
  const reverse = options.reverse === true;
  const snapshot = options.snapshot === true;
  const assembler = new RowAssembler(reverse);
  let { begin, end } = range;
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  let bytes = options.byteLimit ?? Number.POSITIVE_INFINITY;
  while (left > 0 && bytes > 0 && Buffer.compare(begin, end) < 0) {
    // A row has at least one key, and the one in progress the keys it still lacks: never more than the rows need.
    const limit = left === Number.POSITIVE_INFINITY ? 0 : left - assembler.openRows + assembler.missing;
    const most = Math.min(bytes, options.batchBytes ?? Number.POSITIVE_INFINITY);
    const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
      limit,
      reverse,
      snapshot,
      targetBytes: Number.isFinite(most) ? most : 0,
    });
    const rows: RawRow[] = [];
    for (const pair of batch.rows) {
      bytes -= pair[0].length + pair[1].length;
      const row = assembler.add(pair[0], pair[1]);
      if (row !== undefined) rows.push(row);
    }
    left -= rows.length;
    if (rows.length > 0) yield rows;
    const last: KeyValue | undefined = batch.rows.at(-1);
    if (!batch.more || last === undefined) break;
    if (bytes <= 0) bytes = assembler.missing * CHUNK_BYTES;
    if (reverse) end = last[0];
    else begin = keyAfter(last[0]);
  }
  assembler.finish();
}
