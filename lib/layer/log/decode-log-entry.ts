/** Decodes an entry of the change log. */

import { RecordCorruptError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";
import { type TupleItem, unpack, Versionstamp } from "../../tuple/index.js";
import { CodecId, decodeCborRaw, toStored } from "../codec/index.js";
import type { Bytes } from "../keys/index.js";
import { LOG_OPS, type LogEntry, type LogOp, PENDING_INSERT } from "./log-entry.js";

function unpackPending(bytes: Bytes, at: Versionstamp): TupleItem[] {
  const items = unpack(bytes);
  items[items.length - 1] = Versionstamp.fromBytes(at.toBytes().subarray(0, 10), Number(items.at(-1)));
  return items;
}

export function decodeLogEntry(at: Versionstamp, bytes: Bytes): LogEntry {
  const raw = bytes[0] === CodecId.cbor ? decodeCborRaw(bytes.subarray(1)) : undefined;
  if (!Array.isArray(raw) || raw.length < 6) {
    throw new RecordCorruptError(`The log entry ${at.toString()} cannot be read by this release of Plinth.`);
  }
  const [op, pk, changed, old, next, image] = raw as [
    number,
    Bytes,
    readonly (string | number)[],
    unknown,
    unknown,
    Bytes | null,
  ];
  return {
    at,
    op: op === PENDING_INSERT ? "insert" : (LOG_OPS[op] as LogOp),
    pk: op === PENDING_INSERT ? unpackPending(pk, at) : unpack(pk),
    changed: changed.map(String),
    old: old === null ? null : (toStored(old) as Record<string, StoredValue>),
    // Most readers take the record from the image, and never look.
    get new() {
      return newValues(next, image);
    },
    image,
  };
}

function newValues(next: unknown, image: Bytes | null): LogEntry["new"] {
  if (image !== null) return toStored(decodeCborRaw(image.subarray(1))) as Record<string, StoredValue>;
  return next === null ? null : (toStored(next) as Record<string, StoredValue>);
}
