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
  const before = old === undefined ? none : index.entries(old, pk, false);
  const after =
    row === undefined || index.info.state === "deleteOnly" ? none : index.entries(row, pk, change.pending);
  for (const entry of before) if (find(after, entry) === undefined) removeEntry(ctx, entry, guards);
  for (const entry of after) {
    const known = find(before, entry);
    if (known === undefined || !equalBytes(known.value, entry.value)) writeEntry(ctx, index, entry, guards);
  }
}

const none: readonly Entry[] = Object.freeze([]);

const find = (entries: readonly Entry[], { key }: Entry): Entry | undefined =>
  entries.find((one) => equalBytes(one.key, key));

function removeEntry(ctx: LayerContext, entry: Entry, guards: Guards): void {
  if (entry.owner === undefined) {
    ctx.tx.clear(entry.key);
    return;
  }
  // While a unique index is being built, or values are judged together, the value may belong to another row.
  if (guards.isForeign(entry.key)) return;
  const heir = guards.heirOf(entry.key);
  if (heir === undefined) ctx.tx.clear(entry.key);
  else ctx.tx.set(entry.key, heir);
  ctx.attempt.setUnique(keyText(entry.key), heir ?? null);
}

function writeEntry(ctx: LayerContext, index: MaintainedIndex, entry: Entry, guards: Guards): void {
  const { tx } = ctx;
  if (entry.owner !== undefined) {
    if (guards.isForeign(entry.key)) {
      if (index.info.state === "writeOnly") guards.reportDuplicate(ctx, index, entry);
      return;
    }
    // With the covered fields, so that it can be written again.
    ctx.attempt.setUnique(keyText(entry.key), entry.stamp === "none" ? entry.value : entry.owner);
  }
  if (entry.stamp === "none") tx.set(entry.key, entry.value);
  else if (entry.stamp === "key") tx.atomic(MutationType.setVersionstampedKey, entry.key, entry.value);
  else tx.atomic(MutationType.setVersionstampedValue, entry.key, entry.value);
}
