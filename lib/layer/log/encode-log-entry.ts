/** Encodes the change of a row for the log: its key, old and new values, and the record where it is small. */

import type { StoredValue } from "../../schema/index.js";
import { pack, type TupleItem, Versionstamp } from "../../tuple/index.js";
import {
  type BodyField,
  CodecId,
  cborWriter,
  encodeCbor,
  type RowView,
  type StoredKey,
} from "../codec/index.js";
import type { Bytes } from "../keys/index.js";
import { LOG_OPS, type LogOp, PENDING_INSERT } from "./log-entry.js";

/**
 * Records up to this size are kept in the log with their change, so that readers need not fetch them; and as much of
 * the old values of fields that no index uses.
 */
export const IMAGE_BYTES = 2048;

/** A change as it is written to the log. */
export interface LoggedChange {
  readonly op: LogOp;
  readonly pk: readonly TupleItem[];
  /** The commit assigns the primary key. */
  readonly pending: boolean;
  /** Changed fields of an update, and their positions in the body. */
  readonly changed: readonly BodyField[];
  readonly positions: readonly number[];
  readonly old: RowView | undefined;
  readonly row: RowView | undefined;
  /** The record's body after the change. */
  readonly body: Bytes | undefined;
}

/** A field whose values go into the log, with its key as it stands there. */
export interface LoggedColumn {
  readonly column: {
    readonly stored: StoredKey;
    /** The value as it is stored; null when the key holds it. */
    storedValue(row: RowView): StoredValue;
  };
  readonly keyBytes: Bytes;
}

/** Which values go into the log. */
export interface LoggedFields {
  /** What indexes use: always, before and after. */
  readonly columns: readonly LoggedColumn[];
  /**
   * The other fields of a record's body, by their position there; undefined where a column tells the value. Logged
   * before a change that concerns them, where they are small.
   */
  readonly others: readonly (BodyField | undefined)[];
}

/** `[op, key, changed, old, new, image]`, where `new` is null when the image tells it. */
export function encodeLogEntry(change: LoggedChange, fields: LoggedFields): Bytes {
  const image = change.body !== undefined && change.body.length <= IMAGE_BYTES ? change.body : undefined;
  const pk = change.pending ? packPending(change.pk) : pack(change.pk);
  cborWriter.start(CodecId.cbor);
  cborWriter.head(4, 6);
  cborWriter.value(change.pending ? PENDING_INSERT : LOG_OPS.indexOf(change.op));
  cborWriter.bytes(pk);
  cborWriter.head(4, change.changed.length);
  for (let i = 0; i < change.changed.length; i++) cborWriter.raw((change.changed[i] as BodyField).keyBytes);
  writeOld(change, fields);
  writeNew(image === undefined ? change.row : undefined, fields.columns);
  if (image === undefined) cborWriter.value(null);
  else cborWriter.bytes(image);
  return cborWriter.finish();
}

function writeNew(row: RowView | undefined, columns: readonly LoggedColumn[]): void {
  if (row === undefined) {
    cborWriter.value(null);
    return;
  }
  cborWriter.head(5, columns.length);
  writeColumns(row, columns);
}

function writeColumns(row: RowView, columns: readonly LoggedColumn[]): void {
  for (let i = 0; i < columns.length; i++) {
    const { keyBytes, column } = columns[i] as LoggedColumn;
    cborWriter.raw(keyBytes);
    cborWriter.value(column.storedValue(row));
  }
}

/** What indexes use; then, as long as they fit together, the other fields that change, or all when the row goes. */
function writeOld(change: LoggedChange, { columns, others }: LoggedFields): void {
  const { old, op } = change;
  if (old === undefined) {
    cborWriter.value(null);
    return;
  }
  const unknown = op === "delete" ? old.unknown : undefined;
  const concerned = op === "delete" ? others.length : change.positions.length;
  const most = columns.length + concerned + (unknown?.size ?? 0);
  const map = cborWriter.beginMap(most);
  writeColumns(old, columns);
  let count = columns.length;
  const budget = new OldValues();
  for (let i = 0; i < concerned; i++) {
    const at = op === "delete" ? i : (change.positions[i] as number);
    const field = others[at];
    if (field !== undefined && budget.write(field.keyBytes, old.values[at] as StoredValue)) count++;
  }
  for (const [key, value] of unknown ?? []) {
    if (columns.some(({ column }) => column.stored === key)) continue;
    if (budget.write(encodeCbor(key), value)) count++;
  }
  cborWriter.countMap(map, most, count);
}

/** Writes entries of a map as long as they take no more than an image may. */
class OldValues {
  private readonly end = cborWriter.position + IMAGE_BYTES;

  write(keyBytes: Bytes, value: StoredValue): boolean {
    const begin = cborWriter.position;
    // Long values are not even tried: they would be encoded for nothing.
    if ((typeof value === "string" || value instanceof Uint8Array) && begin + value.length > this.end) {
      return false;
    }
    cborWriter.raw(keyBytes);
    cborWriter.value(value);
    if (cborWriter.position <= this.end) return true;
    cborWriter.backTo(begin);
    return false;
  }
}

/** The key with the number of its operation in place of the versionstamp, which the entry's own key tells. */
function packPending(pk: readonly TupleItem[]): Bytes {
  return pack(pk.map((item) => (item instanceof Versionstamp ? item.user : item)));
}
