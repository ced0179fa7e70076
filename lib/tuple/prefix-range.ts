/** Gives the range of the keys that are a packed tuple, or extend it. */

import type { KeyRange } from "./pack.js";

/**
 * All keys that are `prefix` or extend it by tuple elements: as `range`, with `prefix` itself.
 *
 * @param prefix a packed tuple, or a raw prefix of tuples
 * @example prefixRange(pack(["users"])) // "users" itself, ["users", 1], ["users", 1, "name"], …
 */
export function prefixRange(prefix: Uint8Array): KeyRange {
  return { begin: prefix, end: Buffer.concat([prefix, Buffer.of(0xff)]) };
}
