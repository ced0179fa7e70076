/** Checks and writes the change of a row together with everything that follows from it. */

import type { LayerContext } from "../context/index.js";
import { type Guards, noGuards, readGuards } from "./guards.js";
import { maintain } from "./maintain.js";
import type { Maintenance } from "./maintenance.js";
import type { RowChange } from "./row-change.js";

/**
 * Reads what the change depends on, checks it, and then writes the row and everything that follows from it without
 * a pause in between. `writeRow` may call the change off.
 */
export async function commitChange(
  ctx: LayerContext,
  maintenance: Maintenance,
  change: RowChange,
  writeRow: () => boolean,
): Promise<void> {
  if (!maintenance.guarded) {
    if (writeRow()) follow(ctx, maintenance, change, noGuards);
    return;
  }
  const { guards, check } = await readGuards(ctx, maintenance, change);
  check();
  if (writeRow()) follow(ctx, maintenance, change, guards);
}

/** Types and indexers of the application may throw here, when the row is written already. */
function follow(ctx: LayerContext, maintenance: Maintenance, change: RowChange, guards: Guards): void {
  try {
    maintain(ctx, maintenance, change, guards);
  } catch (error) {
    ctx.attempt.broken ??= { error };
    throw error;
  }
}
