/** Makes versionstamps, and puts them into the keys and values that wait for one. */

import type { Key } from "../keys/index.js";

/** Ten bytes: the commit version and the order within the version (always 0: each commit has a version of its own). */
export function versionstamp(version: number): Buffer {
  const stamp = Buffer.alloc(10);
  stamp.writeUInt32BE(Math.floor(version / 0x1_0000_0000), 0);
  stamp.writeUInt32BE(version % 0x1_0000_0000, 4);
  return stamp;
}

/** The position that the last four bytes name, or undefined when ten bytes do not fit there. */
export function stampPosition(bytes: Uint8Array): number | undefined {
  const end = bytes.length - 4;
  if (end < 0) return undefined;
  const position = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getInt32(end, true);
  return position < 0 || position + 10 > end ? undefined : position;
}

/** `template` without its position suffix and with `stamp` written at the position. */
export function placeStamp<T extends Key | Uint8Array>(template: T, stamp: Uint8Array): T {
  if (typeof template === "string") {
    return placeStamp(Buffer.from(template, "latin1"), stamp).toString("latin1") as T;
  }
  const out = Buffer.from(template.subarray(0, template.length - 4));
  out.set(stamp, stampPosition(template)!);
  return out as Uint8Array as T;
}

/** A copy of `template` with the smallest stamp that `version` allows at `position`. */
export function fillStamp(template: Uint8Array, position: number, version: number): Buffer {
  const out = Buffer.from(template);
  out.set(versionstamp(version), position);
  return out;
}

const STAMP_BYTES = 10;

/**
 * The keys that a versionstamped key may become at `version` or later, or the one that it became with `stamp`, as
 * `[begin, end)`.
 */
export function stampedRange(
  template: Uint8Array,
  version: number,
  stamp?: Uint8Array,
): readonly [begin: Key, end: Key] {
  if (stamp !== undefined) {
    const key = Buffer.from(placeStamp(template, stamp)).toString("latin1");
    return [key, `${key}\0`];
  }
  const position = stampPosition(template)!;
  const body = template.length - 4;
  const lowest = fillStamp(template, position, version).subarray(0, body);
  const highest = Buffer.from(template.subarray(0, body)).fill(0xff, position, position + STAMP_BYTES);
  return [lowest.toString("latin1"), `${highest.toString("latin1")}\0`];
}
