/** Range reads of the store alone, for transactions that do not read their own writes. The rows are the caller's. */

import type { Key } from "../../keys/index.js";
import type { StoredRow } from "../versions/index.js";
import type { RangeLimits } from "./range-limits.js";
import { boundary, type Selector, type StoreScan } from "./selector.js";
import { endsOf, ROW_OVERHEAD, type StoreRange } from "./store-range.js";

export function readThrough(
  scan: StoreScan,
  begin: Selector,
  end: Selector,
  limits: RangeLimits,
  reverse: boolean,
  maxKey: Key,
): StoreRange {
  const from = boundary(scan, begin, maxKey);
  const to = boundary(scan, end, maxKey);
  const rows: StoredRow[] = [];
  let bytes = 0;
  const ended = scan(from.key, to.key, reverse, (row) => {
    rows.push(row);
    bytes += ROW_OVERHEAD + row.key.length + row.value.length;
    return rows.length < limits.rows && bytes < limits.bytes;
  });
  const more = !ended;
  if (from.key >= to.key) {
    // Crossed: the client has seen an end of the store only where it needed no answer for it.
    return {
      rows,
      ...endsOf(rows),
      more,
      readToBegin: begin.key === "" && begin.offset < 1,
      readThroughEnd: false,
    };
  }
  return {
    rows,
    ...endsOf(rows),
    more,
    readToBegin: from.fellOffFront && !(more && reverse),
    readThroughEnd: to.ranOffEnd && !(more && !reverse),
  };
}
