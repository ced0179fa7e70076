/** Resolves key selectors against the store: where they cut the key space, and which key they name. */

import { type Key, toKey } from "../../keys/index.js";
import type { KeySelector } from "../../port/index.js";
import type { StoredRow } from "../versions/index.js";

/** Scans the store at the transaction's read version; returns whether it came to the end. The rows are the visitor's. */
export type StoreScan = (
  begin: Key,
  end: Key,
  reverse: boolean,
  visit: (row: StoredRow) => boolean,
) => boolean;

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
export interface Boundary {
  readonly key: Key;
  /** Fewer keys lie before the reference than the selector steps over. */
  readonly fellOffFront: boolean;
  /** Fewer keys lie after the reference than the selector steps over. */
  readonly ranOffEnd: boolean;
}

export const boundaryAt = (key: Key): Boundary => ({ key, fellOffFront: false, ranOffEnd: false });

/**
 * Steps over as many keys as the selector says. "First at or after" (offset 1) steps over none: it needs no read,
 * and never looks at the key after the boundary.
 */
export function boundary(scan: StoreScan, { key, offset }: Selector, maxKey: Key): Boundary {
  let missing = offset >= 1 ? offset - 1 : 1 - offset;
  if (missing === 0) return boundaryAt(key);
  let last: StoredRow | undefined;
  const step = (row: StoredRow): boolean => {
    last = row;
    return --missing > 0;
  };
  scan(offset >= 1 ? key : "", offset >= 1 ? maxKey : key, offset < 1, step);
  const found = last === undefined || missing > 0 ? undefined : toKey(last.key);
  if (offset >= 1)
    return found === undefined
      ? { key: maxKey, fellOffFront: false, ranOffEnd: true }
      : boundaryAt(`${found}\0`);
  return found === undefined ? { key: "", fellOffFront: true, ranOffEnd: false } : boundaryAt(found);
}

/** The key that a selector names: `""` off the front, `maxKey` off the end. */
export function resolve(scan: StoreScan, { key, offset }: Selector, maxKey: Key): Key {
  let found: Key | undefined;
  const take = (row: StoredRow): boolean => {
    found = toKey(row.key);
    return false;
  };
  if (offset >= 1) {
    scan(boundary(scan, { key, offset }, maxKey).key, maxKey, false, take);
    return found ?? maxKey;
  }
  scan("", boundary(scan, { key, offset: offset + 1 }, maxKey).key, true, take);
  return found ?? "";
}
