import { equalBytes } from "../engine/bytes.js";
import { MutationType } from "../engine/codes.js";
import { PrimaryKeyChangeError, PrimaryKeyExistsError } from "../errors.js";
import type { SchemaInfo, StoredValue } from "../schema/index.js";
import { pack, packWithVersionstamp, type TupleItem } from "../tuple/index.js";
import type { Bytes } from "./bytes.js";
import { CHUNK_BYTES, chunkRange, encodeChunk, encodeHeader, writeBody } from "./chunks.js";
import type { RowView } from "./columns.js";
import type { LayerContext } from "./context.js";
import { readGuards } from "./guards.js";
import { type BodyField, layoutOf, type RecordLayout } from "./layout.js";
import { maintain, type RowChange } from "./maintain.js";
import { type Maintenance, maintenanceOf } from "./maintenance.js";
import { knownMetadataOf, metadataOf } from "./metadata.js";
import { dumpBody, encodeBody, type UnknownFields } from "./record-codec.js";
import { sameStored } from "./same-stored.js";
import { type SourceKeys, sourceKeys } from "./source-keys.js";
import { loadRow, markLoaded, type StoredRow } from "./stored-row.js";

/** What `insertRecord` does when the primary key is taken. */
export interface InsertOptions<T> {
  /**
   * `raise` (default) throws `PrimaryKeyExistsError`; `return` tells the stored record and writes nothing; `blind`
   * does not look: no read, and index entries of an earlier record under this key are left behind.
   */
  readonly conflict?: "raise" | "return" | "blind";
  /** With `return`: the record to store in place of the existing one, or null to leave that alone. */
  readonly merge?: (existing: T) => T | null;
  /** Stored fields that the schema does not know, to be kept with a new record. */
  readonly unknown?: UnknownFields;
}

export type InsertOutcome<T> =
  | {
      readonly inserted: true;
      readonly record: T;
      /** The commit assigns the primary key: `Versionstamp.fromBytes(await tx.getVersionstamp(), op)`. */
      readonly pending: boolean;
      readonly op: number;
    }
  | {
      readonly inserted: false;
      /** The record that was stored before. */
      readonly existing: T;
      /** The record that is stored now. */
      readonly record: T;
      /** Fields that `merge` changed. */
      readonly changed: readonly string[];
    };

export interface UpdateOutcome<T> {
  readonly old: T;
  /** The record as it is stored now. */
  readonly record: T;
  /** Fields whose stored value changed; nothing was written when there are none. */
  readonly changed: readonly string[];
}

export interface UpdateOptions {
  /** Changes the stored fields that the schema does not know; default: they are kept. */
  readonly unknown?: (fields: UnknownFields) => UnknownFields;
}

export interface DeleteOutcome<T> {
  readonly old: T;
}

/**
 * Stores a new record with everything that follows from it. One point read; none when blind or when the commit
 * assigns the primary key. Nothing is written when it throws.
 *
 * @throws PrimaryKeyExistsError, UniqueViolationError, InvalidValueError, NoPrimaryKeyValueError, TenantGoneError
 */
export async function insertRecord<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  record: T,
  options: InsertOptions<T> = {},
): Promise<InsertOutcome<T>> {
  const layout = layoutOf(info);
  const keys = sourceKeys(ctx.tenant, info.source);
  const values = dumpBody(layout, record);
  const row: RowView = { record, values, unknown: options.unknown };
  const body = encodeBody(layout, values, options.unknown);
  const pending = layout.isPending(record);
  if (pending || options.conflict === "blind") {
    return insertBlindly(ctx, layout, keys, record, row, body, pending);
  }
  const pk = layout.keyOf(record);
  const key = pack(pk, keys.data);
  const begun = ctx.attempt.beginRead();
  try {
    const found = ctx.tx.get(key);
    const maintenance = await maintenanceWith(ctx, layout, found);
    const value = await found;
    if (value !== undefined || ctx.attempt.isStale(key, begun)) {
      return await insertOver(ctx, layout, maintenance, key, pk, record, options);
    }
    const change = insertion(ctx.nextOp(), pk, false, row, body);
    await commitChange(ctx, maintenance, change, () => {
      if (ctx.attempt.isStale(key, begun)) throw alreadyExists(info, pk);
      writeBody(ctx.tx, key, body, false);
      ctx.attempt.noteWrite(key);
      return true;
    });
    markLoaded(record, ctx.tenant);
    return { inserted: true, record, pending: false, op: change.number };
  } finally {
    ctx.attempt.endRead();
  }
}

async function insertBlindly<T extends object>(
  ctx: LayerContext,
  layout: RecordLayout,
  keys: SourceKeys,
  record: T,
  row: RowView,
  body: Bytes,
  pending: boolean,
): Promise<InsertOutcome<T>> {
  const maintenance = await maintenanceWith(ctx, layout, undefined);
  const number = ctx.nextOp();
  const pk = layout.keyOf(record, number);
  const change = insertion(number, pk, pending, row, body);
  await commitChange(ctx, maintenance, change, () => {
    if (pending) writePending(ctx, keys, pk, body);
    else {
      const key = pack(pk, keys.data);
      writeBody(ctx.tx, key, body, true);
      ctx.attempt.noteWrite(key);
    }
    return true;
  });
  markLoaded(record, ctx.tenant);
  return { inserted: true, record, pending, op: number };
}

function insertion(
  number: number,
  pk: readonly TupleItem[],
  pending: boolean,
  row: RowView,
  body: Bytes,
): RowChange {
  return { op: "insert", number, pk, pending, old: undefined, row, body, changed: none, positions: none };
}

const none: readonly never[] = Object.freeze([]);
const noFields: UnknownFields = new Map();

function writePending(ctx: LayerContext, keys: SourceKeys, pk: readonly TupleItem[], body: Bytes): void {
  const type = MutationType.setVersionstampedKey;
  const chunked = body.length > CHUNK_BYTES;
  ctx.tx.atomic(type, packWithVersionstamp(pk, keys.data), chunked ? encodeHeader(body) : body);
  if (!chunked) return;
  for (let n = 0; n * CHUNK_BYTES < body.length; n++) {
    ctx.tx.atomic(type, packWithVersionstamp([...pk, n], keys.data), encodeChunk(body, n));
  }
}

/** The primary key is taken: tell, merge or refuse. */
async function insertOver<T extends object>(
  ctx: LayerContext,
  layout: RecordLayout,
  maintenance: Maintenance,
  key: Bytes,
  pk: readonly TupleItem[],
  record: T,
  options: InsertOptions<T>,
): Promise<InsertOutcome<T>> {
  if (options.conflict !== "return") throw alreadyExists(layout.info, pk);
  const { merge } = options;
  const updated = await rewrite<T>(ctx, layout, maintenance, key, pk, (stored) => merge?.(stored) ?? stored);
  if (updated === null) return insertRecord(ctx, layout.info, record, options);
  return { inserted: false, existing: updated.old, record: updated.record, changed: updated.changed };
}

/**
 * Changes a stored record: `change` gets the record as it is stored in this transaction, and returns what to store.
 * One point read (and one range read when the record is chunked). Stored fields that the schema does not know are
 * kept. Null when there is no record.
 *
 * @throws PrimaryKeyChangeError, UniqueViolationError, InvalidValueError, TenantGoneError, and what `change` throws
 */
export async function updateRecord<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pk: readonly TupleItem[],
  change: (stored: T) => T,
  options: UpdateOptions = {},
): Promise<UpdateOutcome<T> | null> {
  const layout = layoutOf(info);
  const key = pack(pk, sourceKeys(ctx.tenant, info.source).data);
  return rewrite(ctx, layout, undefined, key, pk, change, options.unknown);
}

async function rewrite<T extends object>(
  ctx: LayerContext,
  layout: RecordLayout,
  known: Maintenance | undefined,
  key: Bytes,
  pk: readonly TupleItem[],
  change: (stored: T) => T,
  unknown?: UpdateOptions["unknown"],
): Promise<UpdateOutcome<T> | null> {
  const { attempt, tx } = ctx;
  for (;;) {
    const begun = attempt.beginRead();
    try {
      const found = tx.get(key);
      const maintenance = known ?? (await maintenanceWith(ctx, layout, found));
      const value = await found;
      if (value === undefined) {
        if (attempt.isStale(key, begun)) continue;
        return null;
      }
      const old = await loadRow<T>(tx, layout, ctx.tenant, key, value, pk);
      if (attempt.isStale(key, begun)) continue;
      const record = change(old.record);
      const kept = unknown === undefined ? old.unknown : unknown(old.unknown ?? noFields);
      const next = changeOf(ctx, layout, old, record, kept, pk);
      if (next === undefined) {
        if (kept !== old.unknown) writeBody(tx, key, encodeBody(layout, old.values, kept), old.chunked);
        return { old: old.record, record: old.record, changed: none };
      }
      let stale = false;
      await commitChange(ctx, maintenance, next, () => {
        stale = attempt.isStale(key, begun);
        if (stale) return false;
        writeBody(tx, key, next.body as Bytes, old.chunked);
        attempt.noteWrite(key);
        return true;
      });
      if (stale) continue;
      markLoaded(record, ctx.tenant, { values: none, unknown: kept });
      return { old: old.record, record, changed: next.changed.map((field) => field.name) };
    } finally {
      attempt.endRead();
    }
  }
}

/** What an update comes to; undefined when no stored value changes. */
function changeOf<T extends object>(
  ctx: LayerContext,
  layout: RecordLayout,
  old: StoredRow<T>,
  record: T,
  unknown: UnknownFields | undefined,
  pk: readonly TupleItem[],
): RowChange | undefined {
  if (record === old.record) return undefined;
  refuseNewKey(layout, old.record, record, pk);
  const values = dumpBody(layout, record);
  const changed: BodyField[] = [];
  const positions: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (sameStored(values[i] as StoredValue, old.values[i] as StoredValue)) continue;
    changed.push(layout.body[i] as BodyField);
    positions.push(i);
  }
  if (positions.length === 0) return undefined;
  const row: RowView = { record, values, unknown };
  const body = encodeBody(layout, values, unknown);
  return { op: "update", number: ctx.nextOp(), pk, pending: false, old, row, body, changed, positions };
}

/**
 * Deletes a record with everything that belongs to it. One point read (and one range read when it is chunked). Null
 * when there is no record.
 *
 * @throws TenantGoneError
 */
export async function deleteRecord<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  pk: readonly TupleItem[],
): Promise<DeleteOutcome<T> | null> {
  const layout = layoutOf(info);
  const { attempt, tx } = ctx;
  const key = pack(pk, sourceKeys(ctx.tenant, info.source).data);
  for (;;) {
    const begun = attempt.beginRead();
    try {
      const found = tx.get(key);
      const maintenance = await maintenanceWith(ctx, layout, found);
      const value = await found;
      if (value === undefined) {
        if (attempt.isStale(key, begun)) continue;
        return null;
      }
      const old = await loadRow<T>(tx, layout, ctx.tenant, key, value, pk);
      if (attempt.isStale(key, begun)) continue;
      const change: RowChange = {
        op: "delete",
        number: ctx.nextOp(),
        pk,
        pending: false,
        old,
        row: undefined,
        body: undefined,
        changed: none,
        positions: none,
      };
      let stale = false;
      await commitChange(ctx, maintenance, change, () => {
        stale = attempt.isStale(key, begun);
        if (stale) return false;
        tx.clear(key);
        if (old.chunked) {
          const chunks = chunkRange(key);
          tx.clearRange(chunks.begin, chunks.end);
        }
        attempt.noteWrite(key);
        return true;
      });
      if (stale) continue;
      return { old: old.record };
    } finally {
      attempt.endRead();
    }
  }
}

/**
 * Reads what the change depends on, checks it, and then writes the row and everything that follows from it without
 * a pause in between. `writeRow` may call the change off.
 */
async function commitChange(
  ctx: LayerContext,
  maintenance: Maintenance,
  change: RowChange,
  writeRow: () => boolean,
): Promise<void> {
  if (!maintenance.guarded) {
    if (writeRow()) maintain(ctx, maintenance, change);
    return;
  }
  const { guards, check } = await readGuards(ctx, maintenance, change);
  check();
  if (writeRow()) maintain(ctx, maintenance, change, guards);
}

/** The maintenance of a source, at no cost when it is known; a read that is under way is not left unhandled. */
async function maintenanceWith(
  ctx: LayerContext,
  layout: RecordLayout,
  pending: Promise<unknown> | undefined,
): Promise<Maintenance> {
  const known = knownMetadataOf(ctx, layout.info.source);
  if (known !== undefined) return maintenanceOf(ctx.tenant, layout.info, known);
  try {
    return maintenanceOf(ctx.tenant, layout.info, await metadataOf(ctx, layout.info.source));
  } catch (error) {
    pending?.catch(() => undefined);
    throw error;
  }
}

function refuseNewKey(layout: RecordLayout, old: object, record: object, pk: readonly TupleItem[]): void {
  let same = true;
  for (const field of layout.keyFields) {
    const before = (old as Record<string, unknown>)[field.name];
    if ((record as Record<string, unknown>)[field.name] !== before) same = false;
  }
  if (same || equalBytes(pack(layout.keyOf(record)), pack(pk))) return;
  const names = layout.keyFields.map((field) => field.name).join(", ");
  throw new PrimaryKeyChangeError(
    `The key of a stored ${layout.info.name} (${names}) cannot be changed; ` +
      "delete the record and insert one with the new key, in one transaction.",
  );
}

function alreadyExists(info: SchemaInfo, pk: readonly TupleItem[]): PrimaryKeyExistsError {
  return new PrimaryKeyExistsError(
    `A ${info.name} with the key ${pk.map(String).join(", ")} exists; to overwrite it: ` +
      `repo.insert(${info.name}, attrs, { onConflict: "replaceAll" }).`,
  );
}
