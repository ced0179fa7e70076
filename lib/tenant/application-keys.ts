/** Packs the application's own keys in a tenant, and refuses those that belong to Plinth. */

import { IncorrectTenancyError, ReservedKeyError, TupleError } from "../errors.js";
import { type KeyRange, pack, packWithVersionstamp, range, type TupleItem, unpack } from "../tuple/index.js";
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

export function packStampedApplicationKey(prefix: Uint8Array, items: readonly TupleItem[]): Uint8Array {
  refuseReserved(items);
  return packWithVersionstamp(items, prefix);
}

/** Begin and end of the keys whose first element is a byte string of one byte. */
const reservedRanges: readonly KeyRange[] = Array.from({ length: 256 }, (_, byte) => {
  const begin = pack([Buffer.of(byte)]);
  // Of a longer string that goes on with a zero byte, the next byte would be ff.
  return { begin, end: Buffer.concat([begin, Buffer.of(0xff)]) };
});

/**
 * Checks that all keys of a range are a tenant's and the application's.
 *
 * @param end the first key behind the range
 * @throws IncorrectTenancyError, ReservedKeyError
 */
export function requireApplicationKeys(prefix: Uint8Array, begin: Uint8Array, end: Uint8Array): void {
  const first = withoutPrefix(prefix, begin);
  const last = withoutPrefix(prefix, end);
  if (first === undefined || last === undefined || Buffer.compare(last, Buffer.of(0xff)) > 0) {
    throw new IncorrectTenancyError(
      "The key lies outside the tenant of the transaction. Keys are made by the tenant itself: " +
        'tenant.pack(["settings", 1]), and ranges by tenant.range(["settings"]).',
    );
  }
  if (first.length > 0 && !reservedRanges.some((own) => overlaps(own, first, last))) return;
  throw new ReservedKeyError(
    "The key, or range of keys, belongs to Plinth or reaches into what does: keys whose first element is a byte string of one " +
      'byte, and the bare prefix of the tenant. Start application keys with a name, as tenant.pack(["settings", 1]) does, and ' +
      "for all of them take tenant.range().",
  );
}

function withoutPrefix(prefix: Uint8Array, key: Uint8Array): Uint8Array | undefined {
  const inside = key.length >= prefix.length && Buffer.compare(key.subarray(0, prefix.length), prefix) === 0;
  return inside ? key.subarray(prefix.length) : undefined;
}

const overlaps = (own: KeyRange, begin: Uint8Array, end: Uint8Array): boolean =>
  Buffer.compare(begin, own.end) < 0 && Buffer.compare(own.begin, end) < 0;

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
