/** Writes all that follows from the change of a row, once it is checked: nothing here reads or refuses. */

import type { LayerContext } from "../context/index.js";
import type { MaintainedIndex } from "../indexes/index.js";
import { type Guards, noGuards } from "./guards.js";
import { logChange } from "./log-change.js";
import { maintainCounter } from "./maintain-counter.js";
import { maintainCustom } from "./maintain-custom.js";
import { maintainIndex } from "./maintain-index.js";
import type { Maintenance } from "./maintenance.js";
import type { RowChange } from "./row-change.js";

export function maintain(
  ctx: LayerContext,
  maintenance: Maintenance,
  change: RowChange,
  guards: Guards = noGuards,
): void {
  const { indexes, counters, custom } = maintenance;
  for (let i = 0; i < indexes.length; i++) maintainIndex(ctx, indexes[i] as MaintainedIndex, change, guards);
  for (let i = 0; i < counters.length; i++)
    maintainCounter(ctx, counters[i] as MaintainedIndex, change, guards);
  for (let i = 0; i < custom.length; i++) maintainCustom(ctx, custom[i] as MaintainedIndex, change, guards);
  if (maintenance.logged && change.unlogged !== true) logChange(ctx, maintenance, change);
}
