/** Loads a row from its stored bytes, and marks the record with the tenant that it came from. */

import { firstGreaterOrEqual, type Transaction } from "../../engine/index.js";
import { RecordCorruptError } from "../../errors.js";
import { getMeta, loadedValuesOf, setMeta } from "../../schema/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { TupleItem } from "../../tuple/index.js";
import {
  type Body,
  decodeBody,
  decodeHeader,
  isChunked,
  joinChunks,
  loadRecord,
  type RecordLayout,
  type RowView,
} from "../codec/index.js";
import type { LayerContext } from "../context/index.js";
import { type Bytes, chunkRange } from "../keys/index.js";

/** A stored row: what index maintenance needs of it, and whether it has chunks. */
export interface StoredRow<T extends object> extends RowView {
  readonly record: T;
  readonly chunked: boolean;
}

/** A record as this transaction has read it, so that writing it takes no further read. */
export interface ReadRecord {
  readonly record: object;
  /** The clock of the attempt before it was read; the record is as it was loaded then. */
  readonly since: number;
}

const chunkedRecords = new WeakSet<object>();

/** The whole body of a record from the value under its key; one more range read when it is chunked. */
async function readBody(tx: Transaction, key: Bytes, value: Bytes, snapshot: boolean): Promise<Bytes> {
  const header = decodeHeader(value);
  const { begin, end } = chunkRange(key);
  const chunks: Bytes[] = [];
  let from = begin;
  for (;;) {
    const batch = await tx.getRange(firstGreaterOrEqual(from), firstGreaterOrEqual(end), { snapshot });
    for (const [, chunk] of batch.rows) chunks.push(chunk);
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return joinChunks(header, chunks);
    from = Buffer.concat([last[0], Buffer.of(0)]);
  }
}

/** The row behind the value under its key. */
export async function loadRow<T extends object>(
  tx: Transaction,
  layout: RecordLayout,
  tenant: Tenant,
  key: Bytes,
  value: Bytes,
  pk: readonly TupleItem[],
  snapshot = false,
): Promise<StoredRow<T>> {
  const chunked = isChunked(value);
  const bytes = chunked ? await readBody(tx, key, value, snapshot) : value;
  return rowOf<T>(layout, tenant, bytes, pk, chunked);
}

/** As `loadRow`; undefined when a write of the same transaction has changed the chunks while they were read. */
export async function loadUnlessStale<T extends object>(
  { tx, tenant }: LayerContext,
  layout: RecordLayout,
  key: Bytes,
  value: Bytes,
  pk: readonly TupleItem[],
  isStale: () => boolean,
): Promise<StoredRow<T> | undefined> {
  try {
    return await loadRow<T>(tx, layout, tenant, key, value, pk);
  } catch (error) {
    if (error instanceof RecordCorruptError && isStale()) return undefined;
    throw error;
  }
}

/** The row of a body that is complete. */
export function rowOf<T extends object>(
  layout: RecordLayout,
  tenant: Tenant,
  bytes: Bytes,
  pk: readonly TupleItem[],
  chunked: boolean,
): StoredRow<T> {
  const body = decodeBody(layout, bytes);
  const record = loadRecord<T>(layout, body, pk);
  markLoaded(record, tenant, body, pk);
  if (chunked) chunkedRecords.add(record);
  return { record, values: body.values, unknown: body.unknown, chunked };
}

/** The row that a record was loaded from. */
export function loadedRow<T extends object>(record: T): StoredRow<T> {
  const values = loadedValuesOf(record) as StoredRow<T>["values"];
  return { record, values, unknown: getMeta(record)?.unknownFields, chunked: chunkedRecords.has(record) };
}

/** The row for maintaining indexes alone: nobody is handed the record, so nothing is noted about it. */
export function viewOf(layout: RecordLayout, bytes: Bytes, pk: readonly TupleItem[]): RowView {
  const body = decodeBody(layout, bytes);
  return { record: loadRecord(layout, body, pk), values: body.values, unknown: body.unknown };
}

const loadedMetas = new WeakMap<Tenant, { readonly state: "loaded"; readonly tenant: Tenant }>();

/**
 * Notes where a record came from, what it was made of, and what its schema does not know of it.
 *
 * @param pk absent while the commit has yet to assign it
 */
export function markLoaded(
  record: object,
  tenant: Tenant,
  body: Body,
  pk: readonly TupleItem[] | undefined,
): void {
  let meta = loadedMetas.get(tenant);
  if (meta === undefined) {
    meta = Object.freeze({ state: "loaded", tenant } as const);
    loadedMetas.set(tenant, meta);
  }
  const { values, unknown } = body;
  setMeta(record, unknown === undefined ? meta : { ...meta, unknownFields: unknown }, values, pk);
}
