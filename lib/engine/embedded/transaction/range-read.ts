/** Reads the rows between two key selectors, up to a number of rows and bytes. */

import type { Key } from "../../keys/index.js";
import { type ReadView, UnreadableError } from "./read-view.js";
import { type Boundary, boundary, boundaryAt, type Selector } from "./selector.js";

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
  // The bound where reading starts is needed at once. The other one may lie beyond something unreadable, which
  // matters only when the rows before it do not fill the limit.
  let far: UnreadableError | undefined;
  const farBound = (selector: Selector): Boundary => {
    try {
      return boundary(view, selector, maxKey);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      far = error;
      return boundaryAt(error.at);
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
