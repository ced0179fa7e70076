/** Which range of keys a range read conflicts on, by FoundationDB's rules. */

import type { Key } from "../../keys/index.js";
import type { Selector } from "./selector.js";
import type { RangeEnds } from "./store-range.js";

/**
 * The range that a range read conflicts on: FoundationDB's rule, with the tight bound of reverse reads that it has
 * had since 7.2.
 *
 * @see https://github.com/apple/foundationdb/issues/7317
 */
export function rangeConflict(
  begin: Selector,
  end: Selector,
  read: RangeEnds,
  reverse: boolean,
  maxKey: Key,
): readonly [Key, Key] {
  const { first, last, more } = read;
  const crossed = begin.key >= end.key;
  let from = crossed ? end.key : begin.key;
  let to = crossed ? begin.key : end.key;
  if (!crossed && more) {
    if (!reverse && end.offset > 0) to = begin.key;
    if (reverse && begin.offset <= 1) from = end.key;
  }
  if (read.readToBegin && begin.offset <= 0) from = "";
  if (read.readThroughEnd && end.offset > 0) to = maxKey;
  if (first !== undefined && last !== undefined) {
    if (reverse) {
      if (last < from) from = last;
      if (end.offset > 0 && to <= first) to = `${first}\0`;
    } else {
      if (begin.offset <= 0 && first < from) from = first;
      if (to <= last) to = `${last}\0`;
    }
  }
  return [from, to];
}

/** The same with read-your-writes switched off. */
export function nativeRangeConflict(
  begin: Selector,
  end: Selector,
  read: RangeEnds,
  reverse: boolean,
): readonly [Key, Key] {
  const { first = "", last = "", more } = read;
  const empty = read.first === undefined;
  const [smallest, largest] = reverse ? [last, first] : [first, last];
  const wholeBegin = (!reverse || !more || begin.offset > 1) && begin.offset > 0;
  const wholeEnd = (reverse || !more || end.offset <= 0) && end.offset <= 1;
  let from = read.readToBegin ? "" : wholeBegin || empty ? begin.key : smallest;
  if (end.offset > begin.offset && end.key < from) from = end.key;
  let to = read.readThroughEnd ? "\xff\xff" : wholeEnd || empty ? end.key : `${largest}\0`;
  if (begin.offset < end.offset && begin.key > to) to = begin.key;
  return [from, to];
}
