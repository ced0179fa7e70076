/** The range of the keys whose next element is a string that starts with some text. */

import { strinc } from "../../engine/index.js";
import { pack } from "../../tuple/index.js";
import type { Bytes } from "./bytes.js";

export { prefixRange } from "../../tuple/index.js";

/** All keys from `begin` up to, but without, `end`. */
export interface KeyRange {
  /** The first key that may be in it. */
  readonly begin: Bytes;
  /** The first key behind it. */
  readonly end: Bytes;
}

/** All keys whose next element is a string that starts with `text`: from its packed form without the end, and on. */
export function stringPrefixRange(prefix: Bytes, text: string): KeyRange {
  const packed = pack([text], prefix);
  const begin = packed.subarray(0, packed.length - 1);
  return { begin, end: strinc(begin) };
}
