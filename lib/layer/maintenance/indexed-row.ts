/** A row and its index in the form in which custom indexers take them. */

import type { TupleItem } from "../../tuple/index.js";
import type { RowView } from "../codec/index.js";
import type { LayerContext } from "../context/index.js";
import { type IndexedRow, type IndexerContext, keysOfIndex, type MaintainedIndex } from "../indexes/index.js";

export function indexerContext(
  ctx: Pick<LayerContext, "tx" | "tenant">,
  index: MaintainedIndex,
): IndexerContext {
  return { tx: ctx.tx, tenant: ctx.tenant, index: index.info, ...keysOfIndex(index.prefix) };
}

/** The row as the indexer takes it; undefined when a partial index leaves it out. */
export function indexedRow(
  index: MaintainedIndex,
  row: RowView | undefined,
  pk: readonly TupleItem[],
  pending: boolean,
): IndexedRow | undefined {
  if (row === undefined || !index.holds(row)) return undefined;
  return {
    record: row.record as Readonly<Record<string, unknown>>,
    values: index.items(row),
    pk,
    pending,
  };
}
