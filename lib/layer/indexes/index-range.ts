/** Key ranges of an index, or of records, for equal leading fields and bounds on the next one. */

import type { Tenant } from "../../tenant/index.js";
import { pack, type TupleItem } from "../../tuple/index.js";
import {
  type Bytes,
  type KeyRange,
  prefixRange,
  sourceKeys,
  stringPrefixRange,
  withByte,
} from "../keys/index.js";
import type { IndexInfo } from "../metadata/index.js";

/** The bounds of one range condition on the field after the equalities, as key items. */
export interface Bounds {
  readonly gt?: TupleItem;
  readonly gte?: TupleItem;
  readonly lt?: TupleItem;
  readonly lte?: TupleItem;
  /** For strings. */
  readonly startsWith?: string;
}

/**
 * The keys of an index (or unique index) whose first fields equal `equal`, and whose next field lies in `bounds`. A
 * range condition never takes in nulls, which sort before everything else; `equal` finds them as `null`.
 */
export function indexRange(
  tenant: Tenant,
  index: IndexInfo,
  equal: readonly TupleItem[],
  bounds?: Bounds,
): KeyRange {
  const prefix = pack(equal, indexPrefix(tenant, index));
  return bounds === undefined ? prefixRange(prefix) : boundedRange(prefix, bounds);
}

/** The record keys of a source whose key items start with `equal`, and whose next item lies in `bounds`. */
export function dataRange(
  tenant: Tenant,
  source: string,
  equal: readonly TupleItem[],
  bounds?: Bounds,
): KeyRange {
  const prefix = pack(equal, sourceKeys(tenant, source).data);
  return bounds === undefined ? prefixRange(prefix) : boundedRange(prefix, bounds);
}

function boundedRange(prefix: Bytes, bounds: Bounds): KeyRange {
  // 0x00 after the prefix is null; every other value starts with a higher byte.
  let begin = withByte(prefix, 0x01);
  let end = withByte(prefix, 0xff);
  const raise = (key: Bytes) => {
    if (Buffer.compare(key, begin) > 0) begin = key;
  };
  const lower = (key: Bytes) => {
    if (Buffer.compare(key, end) < 0) end = key;
  };
  if (bounds.gte !== undefined) raise(pack([bounds.gte], prefix));
  if (bounds.gt !== undefined) raise(withByte(pack([bounds.gt], prefix), 0xff));
  if (bounds.lt !== undefined) lower(pack([bounds.lt], prefix));
  if (bounds.lte !== undefined) lower(withByte(pack([bounds.lte], prefix), 0xff));
  if (bounds.startsWith !== undefined) {
    const range = stringPrefixRange(prefix, bounds.startsWith);
    raise(range.begin);
    lower(range.end);
  }
  return Buffer.compare(begin, end) < 0 ? { begin, end } : { begin, end: begin };
}

/** The key of an index without its values. */
export function indexPrefix(tenant: Tenant, index: IndexInfo): Bytes {
  return sourceKeys(tenant, index.source).named(index.unique ? "unique" : "index", index.name);
}
