/** Reads the records of a key range, one by one or all together. */

import type { SchemaInfo } from "../../schema/index.js";
import { layoutOf } from "../codec/index.js";
import type { LayerContext } from "../context/index.js";
import type { KeyRange } from "../keys/index.js";
import type { ReadRangeOptions } from "./read-options.js";
import { readRawRows } from "./read-raw-rows.js";
import { pkOfDataKey } from "./record-key.js";
import { rowOf } from "./stored-row.js";

/**
 * Records in a range of record keys, in key order or its reverse. Limits count rows: no more keys are read than the
 * wanted rows have, and a chunked row is never cut.
 *
 * @throws TenantGoneError, RecordCorruptError
 */
export async function* readRecords<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  range: KeyRange,
  options: ReadRangeOptions = {},
): AsyncGenerator<T, void, undefined> {
  const layout = layoutOf(info);
  for await (const rows of readRawRows(ctx, range, options)) {
    for (const row of rows) {
      const pk = pkOfDataKey(ctx, layout, row.key);
      yield rowOf<T>(layout, ctx.tenant, row.body, pk, row.chunked).record;
    }
  }
}

/** All records of a range as one array; see {@link readRecords}. */
export async function readAllRecords<T extends object>(
  ctx: LayerContext,
  info: SchemaInfo,
  range: KeyRange,
  options: ReadRangeOptions = {},
): Promise<T[]> {
  const layout = layoutOf(info);
  const records: T[] = [];
  for await (const rows of readRawRows(ctx, range, options)) {
    for (const row of rows) {
      const pk = pkOfDataKey(ctx, layout, row.key);
      records.push(rowOf<T>(layout, ctx.tenant, row.body, pk, row.chunked).record);
    }
  }
  return records;
}
