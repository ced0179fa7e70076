/** Adds the change of a row to a counter, by atomic additions. */

import { equalBytes, MutationType } from "../../engine/index.js";
import type { RowView } from "../codec/index.js";
import type { LayerContext } from "../context/index.js";
import type { MaintainedIndex } from "../indexes/index.js";
import type { Bytes } from "../keys/index.js";
import type { Guards } from "./guards.js";
import type { RowChange } from "./row-change.js";

const one = Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]);
const minusOne = Buffer.alloc(8, 0xff);
const zero = Buffer.alloc(8);

export function maintainCounter(
  ctx: LayerContext,
  index: MaintainedIndex,
  change: RowChange,
  guards: Guards,
): void {
  if (index.info.state === "deleteOnly") return;
  if (change.op === "update" && !index.touches(change.positions)) return;
  if (index.followsCursor && !guards.isBuilt(index)) return;
  const before = counterKey(index, change.old);
  const after = counterKey(index, change.row);
  if (before !== undefined && after !== undefined && equalBytes(before, after)) return;
  if (before !== undefined) {
    ctx.tx.atomic(MutationType.add, before, minusOne);
    // A value that no row has any more leaves no key behind.
    ctx.tx.atomic(MutationType.compareAndClear, before, zero);
  }
  if (after !== undefined) ctx.tx.atomic(MutationType.add, after, one);
}

function counterKey(index: MaintainedIndex, row: RowView | undefined): Bytes | undefined {
  return row === undefined ? undefined : index.counterKey(row);
}
