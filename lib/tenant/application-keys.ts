/** Packs the application's own keys in a tenant, and refuses those that belong to Plinth. */

import { ReservedKeyError, TupleError } from "../errors.js";
import { type KeyRange, pack, range, type TupleItem, unpack } from "../tuple/index.js";
import { isReserved } from "./keys.js";

/** First byte of a packed string: null (00) and byte strings (01) sort before it, everything else from it on. */
const FIRST_STRING = 0x02;

function refuseReserved(items: readonly TupleItem[]): void {
  if (!isReserved(items[0])) return;
  const byte = Buffer.from(items[0] as Uint8Array).toString("hex");
  throw new ReservedKeyError(
    `Keys whose first element is a byte string of one byte (here ${byte}) belong to Plinth; start application ` +
      'keys with a name, for example tenant.pack(["settings", 1]).',
  );
}

export function packApplicationKey(prefix: Uint8Array, items: readonly TupleItem[]): Uint8Array {
  refuseReserved(items);
  return pack(items, prefix);
}

export function unpackApplicationKey(prefix: Uint8Array, key: Uint8Array): TupleItem[] {
  if (key.length < prefix.length || Buffer.compare(key.subarray(0, prefix.length), prefix) !== 0) {
    throw new TupleError("The key lies outside the tenant it is unpacked with.");
  }
  return unpack(key, prefix.length);
}

export function applicationRange(prefix: Uint8Array, items: readonly TupleItem[]): KeyRange {
  refuseReserved(items);
  if (items.length > 0) return range(items, prefix);
  return {
    begin: Buffer.concat([prefix, Buffer.of(FIRST_STRING)]),
    end: Buffer.concat([prefix, Buffer.of(0xff)]),
  };
}
