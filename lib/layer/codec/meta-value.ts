/** Encodes and decodes the values of bookkeeping keys: registrations, claims, jobs. */

import { RecordCorruptError } from "../../errors.js";
import type { StoredValue } from "../../schema/index.js";
import { decodeCbor, encodeCbor } from "./cbor.js";
import { CodecId } from "./codec-ids.js";

/** A bookkeeping value: codec id and CBOR. */
export function encodeMeta(value: StoredValue): Uint8Array {
  return Buffer.concat([Buffer.of(CodecId.cbor), encodeCbor(value)]);
}

/** Throws `RecordCorruptError` for what {@link encodeMeta} did not write. */
export function decodeMeta(bytes: Uint8Array): StoredValue {
  if (bytes[0] === CodecId.cbor) return decodeCbor(bytes.subarray(1));
  throw new RecordCorruptError(
    "A bookkeeping value of the tenant was written by a newer release of Plinth; update this process.",
  );
}
