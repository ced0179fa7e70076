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
import { type Bytes, sourceKeys } from "../keys/index.js";
import type { RowChange } from "../maintenance/index.js";
import { changeRow, type RowTarget } from "./change-row.js";
import { markLoaded, type ReadRecord, type StoredRow } from "./stored-row.js";
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
  readonly place?: WritePlace | undefined;
  /** The record, where this transaction has just read it; default: it is read. */
  readonly read?: ReadRecord | undefined;
}

/**
 * Changes a stored record: `change` gets the record as it is stored in this transaction, and returns what to store.
 * One point read (and one range read when the record is chunked), or none with `read`. Stored fields that the schema does
 * not know are kept. Null when there is no record.
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
    const key = pack(pk, sourceKeys(ctx.tenant, info.source).data);
    const target: RowTarget = { layout: layoutOf(info), key, pk, place, read: options.read };
    return await rewrite(ctx, target, change, options.unknown);
  } finally {
    place.leave();
  }
}

/** As `updateRecord`, of a record whose place is left by somebody else. */
export async function rewrite<T extends object>(
  ctx: LayerContext,
  target: RowTarget,
  change: (stored: T) => T,
  unknown?: UpdateOptions["unknown"],
): Promise<UpdateOutcome<T> | null> {
  const { layout, key, pk, place } = target;
  return changeRow<T, UpdateOutcome<T>>(ctx, target, (old) => {
    const record = change(old.record);
    const kept = unknown === undefined ? old.unknown : unknown(old.unknown ?? noFields);
    const next = changeOf(layout, old, record, kept, pk, place.number);
    if (next === undefined || next.changed.length === 0) {
      const body = next?.body;
      return {
        change: next,
        write: () => body !== undefined && writeBody(ctx.tx, key, body, old.chunked),
        result: { old: old.record, record: old.record, changed: none },
      };
    }
    const { row, body, changed } = next;
    return {
      change: next,
      write: () => {
        writeBody(ctx.tx, key, body, old.chunked);
        markLoaded(record, ctx.tenant, row, pk);
      },
      result: { old: old.record, record, changed: changed.map((field) => field.name) },
    };
  });
}

type Update = RowChange & { readonly row: RowView; readonly body: Bytes };

/** What an update comes to; undefined when no stored value changes, nor what the schema does not know. */
function changeOf<T extends object>(
  layout: RecordLayout,
  old: StoredRow<T>,
  record: T,
  unknown: UnknownFields | undefined,
  pk: readonly TupleItem[],
  number: number,
): Update | undefined {
  const same = record === old.record;
  if (same && unknown === old.unknown) return undefined;
  if (!same) refuseNewKey(layout, old.record, record, pk);
  const values = same ? old.values : dumpBody(layout, record, old);
  const changed: BodyField[] = [];
  const positions: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (sameStored(values[i] as StoredValue, old.values[i] as StoredValue)) continue;
    changed.push(layout.body[i] as BodyField);
    positions.push(i);
  }
  if (positions.length === 0 && unknown === old.unknown) return undefined;
  const row: RowView = { record, values, unknown };
  const body = encodeBody(layout, values, unknown);
  const update = { op: "update", number, pk, pending: false, old, row, body, changed, positions } as const;
  return positions.length === 0 ? { ...update, unlogged: true } : update;
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
