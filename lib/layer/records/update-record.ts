/** Changes a stored record with everything that follows, starting from what is stored in this transaction. */

import { equalBytes } from "../../engine/index.js";
import { PrimaryKeyChangeError } from "../../errors.js";
import type { SchemaInfo, StoredValue } from "../../schema/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import {
  type BodyField,
  dumpBody,
  encodeBody,
  layoutOf,
  type RecordLayout,
  type RowView,
  sameStored,
  type UnknownFields,
} from "../codec/index.js";
import type { LayerContext, WritePlace } from "../context/index.js";
import { type Bytes, keyText, sourceKeys } from "../keys/index.js";
import { commitChange, type Maintenance, maintenanceWith, type RowChange } from "../maintenance/index.js";
import { loadUnlessStale, markLoaded, type StoredRow } from "./stored-row.js";
import { writeBody } from "./write-body.js";

const none: readonly never[] = Object.freeze([]);
const noFields: UnknownFields = new Map();

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
  /** Its place among the writes of the transaction; default: behind those that were called before. */
  readonly place?: WritePlace;
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
  const place = options.place ?? ctx.attempt.order.enter();
  try {
    const layout = layoutOf(info);
    const key = pack(pk, sourceKeys(ctx.tenant, info.source).data);
    return await rewrite(ctx, layout, undefined, key, pk, place, change, options.unknown);
  } finally {
    place.leave();
  }
}

/** As `updateRecord`, of a record whose key and maintenance are known. */
export async function rewrite<T extends object>(
  ctx: LayerContext,
  layout: RecordLayout,
  known: Maintenance | undefined,
  key: Bytes,
  pk: readonly TupleItem[],
  place: WritePlace,
  change: (stored: T) => T,
  unknown?: UpdateOptions["unknown"],
): Promise<UpdateOutcome<T> | null> {
  const { attempt, tx } = ctx;
  for (;;) {
    const claim = attempt.claim(key);
    if (claim !== undefined) await claim;
    const begun = attempt.beginRead();
    try {
      const isStale = () => attempt.isStale(key, begun);
      const found = tx.get(key);
      const maintenance = known ?? (await maintenanceWith(ctx, layout, found));
      const value = await found;
      if (value === undefined) {
        if (await movesBefore(ctx, place, key, isStale)) continue;
        return null;
      }
      const old = await loadUnlessStale<T>(ctx, layout, key, value, pk, isStale);
      if (old === undefined || isStale()) continue;
      const record = change(old.record);
      const kept = unknown === undefined ? old.unknown : unknown(old.unknown ?? noFields);
      const next = changeOf(layout, old, record, kept, pk, place.number);
      if (next === undefined) {
        if (await movesBefore(ctx, place, key, isStale)) continue;
        if (kept !== old.unknown) {
          writeBody(tx, key, encodeBody(layout, old.values, kept), old.chunked);
          attempt.noteWrite(key);
        }
        return { old: old.record, record: old.record, changed: none };
      }
      const written = await commitChange(ctx, maintenance, next, place, {
        key,
        isStale,
        write: () => {
          writeBody(tx, key, next.body as Bytes, old.chunked);
          attempt.noteWrite(key);
        },
      });
      if (!written) continue;
      markLoaded(record, ctx.tenant, next.row as RowView, pk);
      return { old: old.record, record, changed: next.changed.map((field) => field.name) };
    } finally {
      attempt.endRead();
    }
  }
}

/**
 * For a write that comes to nothing: whether those called before it, or parts at work on the row, change that. Resolves
 * when it is its turn.
 */
export async function movesBefore(
  ctx: LayerContext,
  place: WritePlace,
  key: Bytes,
  isStale: () => boolean,
): Promise<boolean> {
  const turn = place.turn();
  if (turn !== undefined) await turn;
  const busy = ctx.attempt.untilFree([keyText(key)]);
  if (busy !== undefined) {
    await busy;
    return true;
  }
  return isStale();
}

/** What an update comes to; undefined when no stored value changes. */
function changeOf<T extends object>(
  layout: RecordLayout,
  old: StoredRow<T>,
  record: T,
  unknown: UnknownFields | undefined,
  pk: readonly TupleItem[],
  number: number,
): RowChange | undefined {
  if (record === old.record) return undefined;
  refuseNewKey(layout, old.record, record, pk);
  const values = dumpBody(layout, record, old);
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
  return { op: "update", number, pk, pending: false, old, row, body, changed, positions };
}

function refuseNewKey(layout: RecordLayout, old: object, record: object, pk: readonly TupleItem[]): void {
  let same = true;
  for (const field of layout.keyFields) {
    const before = (old as Record<string, unknown>)[field.name];
    if ((record as Record<string, unknown>)[field.name] !== before) same = false;
  }
  if (same || (!layout.isPending(record) && equalBytes(pack(layout.keyOf(record)), pack(pk)))) return;
  const names = layout.keyFields.map((field) => field.name).join(", ");
  throw new PrimaryKeyChangeError(
    `The key of a stored ${layout.info.name} (${names}) cannot be changed; ` +
      "delete the record and insert one with the new key, in one transaction.",
  );
}
