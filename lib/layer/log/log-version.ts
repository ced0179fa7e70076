/** Translates between commit versions and the versionstamps of the change log. */

import { pack, Versionstamp } from "../../tuple/index.js";
import type { Bytes } from "../keys/index.js";

/** The first key that an entry of this commit version can have. */
export function versionKey(log: Bytes, version: bigint): Bytes {
  const bytes = Buffer.alloc(12);
  bytes.writeBigUInt64BE(version < 0n ? 0n : version);
  return pack([Versionstamp.fromBytes(bytes)], log);
}

export function versionOf(stamp: Bytes | undefined): bigint {
  if (stamp === undefined || stamp.length < 8) return 0n;
  return Buffer.from(stamp.buffer, stamp.byteOffset, 8).readBigUInt64BE(0);
}
