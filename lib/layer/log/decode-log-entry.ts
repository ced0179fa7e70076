/** Decodes an entry of the change log. */

import { types } from "node:util";
import { RecordCorruptError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";
import { type TupleItem, unpack, Versionstamp } from "../../tuple/index.js";
import { CodecId, decodeCborRaw, toStored } from "../codec/index.js";
import type { Bytes } from "../keys/index.js";
import { LOG_OPS, type LogEntry, type LogOp, PENDING_INSERT } from "./log-entry.js";

function unpackPending(items: TupleItem[], at: Versionstamp): TupleItem[] {
  items[items.length - 1] = Versionstamp.fromBytes(at.toBytes().subarray(0, 10), Number(items.at(-1)));
  return items;
}

type Parts = readonly [
  op: number,
  pk: Bytes,
  changed: readonly (string | number)[],
  old: ReadonlyMap<unknown, unknown> | null,
  next: ReadonlyMap<unknown, unknown> | null,
  image: Bytes | null,
];

const isBytes = (value: unknown): boolean => types.isUint8Array(value);
const isMap = (value: unknown): boolean => value === null || value instanceof Map;

/** Whether these are the parts that an entry consists of. */
function areParts(raw: unknown): raw is Parts {
  if (!Array.isArray(raw) || raw.length < 6) return false;
  const [op, pk, changed, old, next, image] = raw as unknown[];
  return (
    (op === PENDING_INSERT || LOG_OPS[op as number] !== undefined) &&
    isBytes(pk) &&
    Array.isArray(changed) &&
    changed.every((key) => typeof key === "string" || typeof key === "number") &&
    isMap(old) &&
    isMap(next) &&
    (image === null || (isBytes(image) && (image as Bytes)[0] === CodecId.cbor))
  );
}

export function decodeLogEntry(at: Versionstamp, bytes: Bytes): LogEntry {
  const unreadable = (cause?: unknown): RecordCorruptError =>
    new RecordCorruptError(
      `The log entry ${at.toString()} cannot be read: it is damaged, or of a newer release of Plinth. Update this ` +
        "process; find what is damaged with: plinth check",
      { cause },
    );
  let raw: unknown;
  let key: TupleItem[];
  try {
    raw = bytes[0] === CodecId.cbor ? decodeCborRaw(bytes.subarray(1)) : undefined;
    key = areParts(raw) ? unpack(raw[1]) : [];
    if (areParts(raw) && raw[0] === PENDING_INSERT) key = unpackPending(key, at);
  } catch (cause) {
    throw unreadable(cause);
  }
  if (!areParts(raw)) throw unreadable();
  const [op, , changed, old, next, image] = raw;
  return {
    at,
    op: op === PENDING_INSERT ? "insert" : (LOG_OPS[op] as LogOp),
    pk: key,
    changed: changed.map(String),
    old: old === null ? null : (toStored(old) as Record<string, StoredValue>),
    // Most readers take the record from the image, and never look.
    get new() {
      return newValues(next, image);
    },
    image,
  };
}

function newValues(next: Parts[4], image: Bytes | null): LogEntry["new"] {
  if (image !== null) {
    const body = decodeCborRaw(image.subarray(1));
    if (!(body instanceof Map)) throw new RecordCorruptError("The image of a log entry is not a record.");
    return toStored(body) as Record<string, StoredValue>;
  }
  return next === null ? null : (toStored(next) as Record<string, StoredValue>);
}
