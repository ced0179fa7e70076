/** Ranges of keys: everything behind a prefix, or behind strings that start with some text. */

import { strinc } from "../../engine/index.js";
import { pack } from "../../tuple/index.js";
import { type Bytes, withByte } from "./bytes.js";

export interface KeyRange {
  readonly begin: Bytes;
  readonly end: Bytes;
}

/** All keys that are `prefix` or extend it by tuple elements. */
export function prefixRange(prefix: Bytes): KeyRange {
  return { begin: prefix, end: withByte(prefix, 0xff) };
}

/** Everything behind a packed string that starts with `text`: the packed string without its end, and its successor. */
export function stringPrefixRange(prefix: Bytes, text: string): KeyRange {
  const packed = pack([text], prefix);
  const begin = packed.subarray(0, packed.length - 1);
  return { begin, end: strinc(begin) };
}
