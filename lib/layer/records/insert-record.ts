/** Stores a new record with everything that follows, and decides what happens when its key is taken. */

import { equalBytes, MutationType } from "../../engine/index.js";
import { PrimaryKeyExistsError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import { pack, packWithVersionstamp, type TupleItem } from "../../tuple/index.js";
import {
  CHUNK_BYTES,
  dumpBody,
  encodeBody,
  encodeChunk,
  encodeHeader,
  layoutOf,
  type RecordLayout,
  type RowView,
  type UnknownFields,
} from "../codec/index.js";
import type { LayerContext, WritePlace } from "../context/index.js";
import { type Bytes, type SourceKeys, sourceKeys } from "../keys/index.js";
import { commitChange, maintenanceWith, type RowChange } from "../maintenance/index.js";
import { movesBefore } from "./moves-before.js";
import { markLoaded } from "./stored-row.js";
import { rewrite } from "./update-record.js";
import { writeBody } from "./write-body.js";

const none: readonly never[] = Object.freeze([]);

/** What `insertRecord` does when the primary key is taken. */
export interface InsertOptions<T> {
  /**
   * `raise` (default) throws `PrimaryKeyExistsError`; `return` returns the stored record and writes nothing; `blind`
   * does not look: no read, and index entries (and counts) of an earlier record under this key are left behind. Only
   * after a commit of unknown outcome does it look, and leaves alone what that commit has stored.
   */
  readonly conflict?: "raise" | "return" | "blind";
  /** With `return`: the record to store in place of the existing one, or null to leave that alone. */
  readonly merge?: (existing: T) => T | null;
  /** Stored fields that the schema does not know, to be kept with a new record. */
  readonly unknown?: UnknownFields;
  /** Its place among the writes of the transaction; default: behind those that were called before. */
  readonly place?: WritePlace;
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
  const place = options.place ?? ctx.attempt.order.enter();
  try {
    return await insertAt(ctx, info, record, options, place);
  } finally {
    place.leave();
  }
}

/** As `insertRecord`, in a place that somebody else leaves. */
export async function insertAt<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  record: T,
  options: InsertOptions<T>,
  place: WritePlace,
): Promise<InsertOutcome<T>> {
  const layout = layoutOf(info);
  const keys = sourceKeys(ctx.tenant, info.source);
  const values = dumpBody(layout, record);
  const row: RowView = { record, values, unknown: options.unknown };
  const body = encodeBody(layout, values, options.unknown);
  const pending = layout.isPending(record);
  if (pending || options.conflict === "blind") {
    return insertBlindly(ctx, layout, keys, record, row, body, pending, place);
  }
  const pk = layout.keyOf(record);
  const key = pack(pk, keys.data);
  const { attempt } = ctx;
  for (;;) {
    const claim = attempt.claim(key);
    if (claim !== undefined) await claim;
    const begun = attempt.beginRead();
    try {
      const isStale = () => attempt.isStale(key, begun);
      const found = ctx.tx.get(key);
      const maintenance = await maintenanceWith(ctx, layout, found);
      const value = await found;
      if (value !== undefined) {
        if (await movesBefore(ctx, place, key, isStale)) continue;
        if (options.conflict !== "return") throw alreadyExists(layout.info, pk);
        const { merge } = options;
        const over = (stored: T) => merge?.(stored) ?? stored;
        const updated = await rewrite<T>(ctx, { layout, maintenance, key, pk, place }, over);
        if (updated === null) continue;
        return { inserted: false, existing: updated.old, record: updated.record, changed: updated.changed };
      }
      const change = insertion(place.number, pk, false, row, body);
      const written = await commitChange(ctx, maintenance, change, place, {
        key,
        isStale,
        write: () => {
          writeBody(ctx.tx, key, body, false);
          attempt.noteWrite(key);
        },
      });
      if (!written) continue;
      markLoaded(record, ctx.tenant, row, pk);
      return { inserted: true, record, pending: false, op: change.number };
    } finally {
      attempt.endRead();
    }
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
  place: WritePlace,
): Promise<InsertOutcome<T>> {
  const maintenance = await maintenanceWith(ctx, layout, undefined);
  const { number } = place;
  const pk = layout.keyOf(record, number);
  const key = pending ? undefined : pack(pk, keys.data);
  const outcome = { inserted: true, record, pending, op: number } as const;
  if (key !== undefined) {
    const claim = ctx.attempt.claim(key);
    if (claim !== undefined) await claim;
    if (ctx.attempt.uncertain && (await isStored(ctx, key, body))) {
      markLoaded(record, ctx.tenant, row, pk);
      return outcome;
    }
  }
  const write = () => {
    if (key === undefined) writePending(ctx, keys, pk, body);
    else {
      writeBody(ctx.tx, key, body, true);
      ctx.attempt.noteWrite(key);
    }
  };
  const change = insertion(number, pk, pending, row, body);
  while (!(await commitChange(ctx, maintenance, change, place, { key, isStale: never, write })));
  markLoaded(record, ctx.tenant, row, pending ? undefined : pk);
  return outcome;
}

/** Nothing was read, so nothing can have moved. */
const never = (): boolean => false;

/** Whether the key holds this body; a header stands for the chunks after it. */
async function isStored(ctx: LayerContext, key: Bytes, body: Bytes): Promise<boolean> {
  const stored = await ctx.tx.get(key);
  return stored !== undefined && equalBytes(stored, body.length > CHUNK_BYTES ? encodeHeader(body) : body);
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

function writePending(ctx: LayerContext, keys: SourceKeys, pk: readonly TupleItem[], body: Bytes): void {
  const type = MutationType.setVersionstampedKey;
  const chunked = body.length > CHUNK_BYTES;
  ctx.tx.atomic(type, packWithVersionstamp(pk, keys.data), chunked ? encodeHeader(body) : body);
  if (!chunked) return;
  for (let n = 0; n * CHUNK_BYTES < body.length; n++) {
    ctx.tx.atomic(type, packWithVersionstamp([...pk, n], keys.data), encodeChunk(body, n));
  }
}

function alreadyExists(info: SchemaInfo, pk: readonly TupleItem[]): PrimaryKeyExistsError {
  return new PrimaryKeyExistsError(
    `A ${info.name} with the key ${pk.map(String).join(", ")} exists; to overwrite it: ` +
      `repo.insert(${info.name}, attrs, { onConflict: "replaceAll" }).`,
  );
}
