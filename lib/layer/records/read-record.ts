/** Reads records by their keys. */

import { RecordCorruptError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { isChunked, layoutOf, type RecordLayout } from "../codec/index.js";
import { type LayerContext, verifyTenant } from "../context/index.js";
import type { Bytes } from "../keys/index.js";
import type { ReadOptions } from "./read-options.js";
import { dataKey } from "./record-key.js";
import { loadRow, rowOf, type StoredRow } from "./stored-row.js";

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

async function readRow<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pk: readonly TupleItem[],
  options: ReadOptions = {},
): Promise<StoredRow<T> | null> {
  const snapshot = options.snapshot === true;
  const key = dataKey(ctx, info, pk);
  const begun = ctx.attempt.beginRead();
  try {
    const found = ctx.tx.get(key, snapshot);
    if (ctx.attempt.validated === undefined) {
      // It may fail before anybody waits for it.
      found.catch(() => undefined);
      await verifyTenant(ctx);
    }
    const value = await found;
    return value === undefined
      ? null
      : await loadWhole<T>(ctx, layoutOf(info), key, value, pk, begun, snapshot);
  } finally {
    ctx.attempt.endRead();
  }
}

/** A row whose chunks a write of the same transaction changes while they are read is read again. */
async function loadWhole<T extends object>(
  ctx: LayerContext,
  layout: RecordLayout,
  key: Bytes,
  value: Bytes,
  pk: readonly TupleItem[],
  begun: number,
  snapshot: boolean,
): Promise<StoredRow<T> | null> {
  const { tx, tenant, attempt } = ctx;
  let since = begun;
  for (let stored: Bytes | undefined = value; stored !== undefined; stored = await tx.get(key, snapshot)) {
    try {
      return await loadRow<T>(tx, layout, tenant, key, stored, pk, snapshot);
    } catch (error) {
      if (!(error instanceof RecordCorruptError) || !attempt.isStale(key, since)) throw error;
      since = attempt.clock;
    }
  }
  return null;
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
  const begun = ctx.attempt.beginRead();
  try {
    const reads = Promise.all(keys.map((key) => tx.get(key, snapshot)));
    if (ctx.attempt.validated === undefined) {
      // They may fail before anybody waits for them.
      reads.catch(() => undefined);
      await verifyTenant(ctx);
    }
    const values = await reads;
    if (values.some((value) => value !== undefined && isChunked(value))) {
      const load = async (value: Bytes | undefined, i: number): Promise<T | null> => {
        if (value === undefined) return null;
        const row = await loadWhole<T>(ctx, layout, keys[i]!, value, pks[i]!, begun, snapshot);
        return row === null ? null : row.record;
      };
      return await Promise.all(values.map(load));
    }
    return values.map((value, i) =>
      value === undefined ? null : rowOf<T>(layout, tenant, value, pks[i]!, false).record,
    );
  } finally {
    ctx.attempt.endRead();
  }
}
