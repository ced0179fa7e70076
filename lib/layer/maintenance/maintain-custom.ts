/** Hands the change of a row to the indexer of a custom index. */

import type { LayerContext } from "../context/index.js";
import type { MaintainedIndex } from "../indexes/index.js";
import type { Guards } from "./guards.js";
import { indexedRow, indexerContext } from "./indexed-row.js";
import type { RowChange } from "./row-change.js";

export function maintainCustom(
  ctx: LayerContext,
  index: MaintainedIndex,
  change: RowChange,
  guards: Guards,
): void {
  const { indexer } = index;
  if (indexer === undefined || index.info.state === "deleteOnly") return;
  if (change.op === "update" && !index.touches(change.positions)) return;
  if (index.followsCursor && !guards.isBuilt(index)) return;
  const old = indexedRow(index, change.old, change.pk, false);
  const row = indexedRow(index, change.row, change.pk, change.pending);
  const context = indexerContext(ctx, index);
  if (old !== undefined && row !== undefined && indexer.update !== undefined) {
    indexer.update(context, old, row);
    return;
  }
  if (old !== undefined) indexer.clear(context, old);
  if (row !== undefined) indexer.set(context, row);
}
