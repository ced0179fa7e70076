/** Brings the entries of an index or unique index in line with the change of a row. */

import { equalBytes, MutationType } from "../../engine/index.js";
import type { LayerContext } from "../context/index.js";
import type { Entry, MaintainedIndex } from "../indexes/index.js";
import { keyText } from "../keys/index.js";
import type { Guards } from "./guards.js";
import type { RowChange } from "./row-change.js";

export function maintainIndex(
  ctx: LayerContext,
  index: MaintainedIndex,
  change: RowChange,
  guards: Guards,
): void {
  if (change.op === "update" && !index.touches(change.positions)) return;
  const { old, row, pk } = change;
  const before = old === undefined ? undefined : index.entry(old, pk, false);
  const after =
    row === undefined || index.info.state === "deleteOnly" ? undefined : index.entry(row, pk, change.pending);
  if (before !== undefined && (after === undefined || !equalBytes(before.key, after.key))) {
    removeEntry(ctx, index, before, guards);
  }
  if (after === undefined) return;
  if (before !== undefined && equalBytes(before.key, after.key) && equalBytes(before.value, after.value))
    return;
  writeEntry(ctx, index, after, guards);
}

function removeEntry(ctx: LayerContext, index: MaintainedIndex, entry: Entry, guards: Guards): void {
  if (entry.owner === undefined) {
    ctx.tx.clear(entry.key);
    return;
  }
  // While a unique index is being built the value may belong to another row.
  if (index.info.state === "writeOnly" && guards.isForeign(entry.key)) return;
  ctx.tx.clear(entry.key);
  ctx.attempt.setUnique(keyText(entry.key), null);
}

function writeEntry(ctx: LayerContext, index: MaintainedIndex, entry: Entry, guards: Guards): void {
  const { tx } = ctx;
  if (entry.owner !== undefined) {
    if (index.info.state === "writeOnly" && guards.isForeign(entry.key)) {
      guards.reportDuplicate(ctx, index, entry);
      return;
    }
    ctx.attempt.setUnique(keyText(entry.key), entry.owner);
  }
  if (entry.stamp === "none") tx.set(entry.key, entry.value);
  else if (entry.stamp === "key") tx.atomic(MutationType.setVersionstampedKey, entry.key, entry.value);
  else tx.atomic(MutationType.setVersionstampedValue, entry.key, entry.value);
}
