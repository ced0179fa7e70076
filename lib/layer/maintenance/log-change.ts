/** Writes the change of a row to the log, and touches the heads that announce it. */

import { MutationType } from "../../engine/index.js";
import type { LayerContext } from "../context/index.js";
import type { MaintainedIndex } from "../indexes/index.js";
import { type Bytes, EMPTY, keyText } from "../keys/index.js";
import { encodeLogEntry, touchHead } from "../log/index.js";
import type { Maintenance } from "./maintenance.js";
import type { RowChange } from "./row-change.js";

export function logChange(ctx: LayerContext, maintenance: Maintenance, change: RowChange): void {
  const { tx, attempt } = ctx;
  const { keys, groups } = maintenance;
  const value = encodeLogEntry(change, maintenance.loggedFields);
  tx.atomic(MutationType.setVersionstampedKey, keys.logKey(change.number), value);
  if (attempt.touches(keys)) touchHead(tx, keys.head);
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i] as MaintainedIndex;
    const before =
      change.old === undefined ? undefined : keys.groupHead(group.info.fields, group.items(change.old));
    const after =
      change.row === undefined ? undefined : keys.groupHead(group.info.fields, group.items(change.row));
    touchGroup(ctx, before ?? EMPTY);
    touchGroup(ctx, after ?? EMPTY);
  }
}

function touchGroup(ctx: LayerContext, head: Bytes): void {
  if (head === EMPTY) return;
  if (ctx.attempt.touches(keyText(head))) touchHead(ctx.tx, head);
}
