/** Adds the change of a row to a counter or sum, by atomic additions. */

import { equalBytes, MutationType } from "../../engine/index.js";
import type { RowView } from "../codec/index.js";
import type { LayerContext } from "../context/index.js";
import { type MaintainedIndex, tallyBytes } from "../indexes/index.js";
import type { Bytes } from "../keys/index.js";
import type { Guards } from "./guards.js";
import type { RowChange } from "./row-change.js";

const one = tallyBytes("counter", 1n);
const minusOne = tallyBytes("counter", -1n);
const zeros = { counter: tallyBytes("counter", 0n), sum: tallyBytes("sum", 0n) } as const;

export function maintainCounter(
  ctx: LayerContext,
  index: MaintainedIndex,
  change: RowChange,
  guards: Guards,
): void {
  if (index.info.state === "deleteOnly") return;
  if (change.op === "update" && !index.touches(change.positions)) return;
  if (index.followsCursor && !guards.isBuilt(index)) return;
  const before = tallyOf(index, change.old);
  const after = tallyOf(index, change.row);
  if (before !== undefined && after !== undefined && equalBytes(before.key, after.key)) {
    if (before.amount !== after.amount) add(ctx, index, after.key, after.amount - before.amount);
    return;
  }
  if (before !== undefined) {
    add(ctx, index, before.key, -before.amount);
    // What no row adds to any more leaves no key behind.
    ctx.tx.atomic(MutationType.compareAndClear, before.key, zeros[index.info.kind as keyof typeof zeros]);
  }
  if (after !== undefined) add(ctx, index, after.key, after.amount);
}

const tallyOf = (index: MaintainedIndex, row: RowView | undefined) =>
  row === undefined ? undefined : index.tally(row);

function add({ tx }: LayerContext, { info }: MaintainedIndex, key: Bytes, amount: bigint): void {
  tx.atomic(MutationType.add, key, operandOf(info.kind, amount));
}

function operandOf(kind: MaintainedIndex["info"]["kind"], amount: bigint): Bytes {
  if (kind === "counter" && amount === 1n) return one;
  return kind === "counter" && amount === -1n ? minusOne : tallyBytes(kind, amount);
}
