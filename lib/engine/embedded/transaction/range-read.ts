import type { KeySelector } from "../../port/index.js";
import { type Key, toKey } from "../values/index.js";
import { type ReadView, UnreadableError } from "./read-view.js";

/** A selector with `orEqual` folded into the key. */
export interface Selector {
  readonly key: Key;
  readonly offset: number;
}

export function normalize(selector: KeySelector): Selector {
  const key = toKey(selector.key);
  return { key: selector.orEqual ? `${key}\0` : key, offset: selector.offset };
}

/** Where a selector cuts the key space: before `key`. */
interface Boundary {
  readonly key: Key;
  /** Fewer keys lie before the reference than the selector steps over. */
  readonly fellOffFront: boolean;
  /** Fewer keys lie behind the reference than the selector steps over. */
  readonly ranOffEnd: boolean;
}

const at = (key: Key): Boundary => ({ key, fellOffFront: false, ranOffEnd: false });

/**
 * Steps over as many keys as the selector says. "First at or after" (offset 1) steps over none: it needs no read,
 * and never looks at the key behind the boundary.
 */
function boundary(view: ReadView, { key, offset }: Selector, maxKey: Key): Boundary {
  let missing = offset >= 1 ? offset - 1 : 1 - offset;
  if (missing === 0) return at(key);
  let last = key;
  const step = (k: Key): boolean => {
    last = k;
    return --missing > 0;
  };
  if (offset >= 1) {
    view.scan(key, maxKey, false, step, true);
    return missing === 0 ? at(`${last}\0`) : { key: maxKey, fellOffFront: false, ranOffEnd: true };
  }
  view.scan("", key, true, step, true);
  return missing === 0 ? at(last) : { key: "", fellOffFront: true, ranOffEnd: false };
}

/** The key that a selector names: `""` off the front, `maxKey` off the end. */
export function resolve(view: ReadView, { key, offset }: Selector, maxKey: Key): Key {
  let found: Key | undefined;
  const take = (k: Key): boolean => {
    found = k;
    return false;
  };
  if (offset >= 1) {
    view.scan(boundary(view, { key, offset }, maxKey).key, maxKey, false, take);
    return found ?? maxKey;
  }
  view.scan("", boundary(view, { key, offset: offset + 1 }, maxKey).key, true, take);
  return found ?? "";
}

export interface Row {
  readonly key: Key;
  readonly value: Uint8Array;
  readonly shared: boolean;
}

export interface RangeRead {
  readonly rows: readonly Row[];
  readonly more: boolean;
  readonly readToBegin: boolean;
  readonly readThroughEnd: boolean;
}

export function readRange(
  view: ReadView,
  begin: Selector,
  end: Selector,
  reverse: boolean,
  limit: number,
  targetBytes: number,
  maxKey: Key,
): RangeRead {
  // The bound where reading starts is needed at once. The other one may lie behind something unreadable, which
  // matters only when the rows before it do not fill the limit.
  let far: UnreadableError | undefined;
  const farBound = (selector: Selector): Boundary => {
    try {
      return boundary(view, selector, maxKey);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      far = error;
      return at(error.at);
    }
  };
  const near = boundary(view, reverse ? end : begin, maxKey);
  const from = reverse ? farBound(begin) : near;
  const to = reverse ? near : farBound(end);
  const rows: Row[] = [];
  let bytes = 0;
  const ended = view.scan(from.key, to.key, reverse, (key, value, shared) => {
    rows.push({ key, value, shared });
    bytes += 24 + key.length + value.length;
    return rows.length < limit && bytes < targetBytes;
  });
  if (ended && far !== undefined && (reverse ? to.key > far.from : from.key < far.to)) throw far;
  const more = !ended;
  return {
    rows,
    more,
    readToBegin: (from.fellOffFront || to.fellOffFront) && !(more && reverse),
    readThroughEnd: (from.ranOffEnd || to.ranOffEnd) && !(more && !reverse),
  };
}

/**
 * The range that a range read conflicts on: FoundationDB's rule, with the tight bound of reverse reads that it has
 * had since 7.2.
 *
 * @see https://github.com/apple/foundationdb/issues/7317
 */
export function rangeConflict(
  begin: Selector,
  end: Selector,
  read: RangeRead,
  reverse: boolean,
  maxKey: Key,
): readonly [Key, Key] {
  const { rows, more } = read;
  const crossed = begin.key >= end.key;
  let from = crossed ? end.key : begin.key;
  let to = crossed ? begin.key : end.key;
  if (!crossed && more) {
    if (!reverse && end.offset > 0) to = begin.key;
    if (reverse && begin.offset <= 1) from = end.key;
  }
  if (read.readToBegin && begin.offset <= 0) from = "";
  if (read.readThroughEnd && end.offset > 0) to = maxKey;
  if (rows.length > 0) {
    const first = rows[0]!.key;
    const last = rows[rows.length - 1]!.key;
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
  read: RangeRead,
  reverse: boolean,
): readonly [Key, Key] {
  const { rows, more } = read;
  const empty = rows.length === 0;
  const smallest = empty ? "" : reverse ? rows[rows.length - 1]!.key : rows[0]!.key;
  const largest = empty ? "" : reverse ? rows[0]!.key : rows[rows.length - 1]!.key;
  const wholeBegin = (!reverse || !more || begin.offset > 1) && begin.offset > 0;
  const wholeEnd = (reverse || !more || end.offset <= 0) && end.offset <= 1;
  let from = read.readToBegin ? "" : wholeBegin || empty ? begin.key : smallest;
  if (end.offset > begin.offset && end.key < from) from = end.key;
  let to = read.readThroughEnd ? "\xff\xff" : wholeEnd || empty ? end.key : `${largest}\0`;
  if (begin.offset < end.offset && begin.key > to) to = begin.key;
  return [from, to];
}
