/** Checks and writes the change of a row together with everything that follows from it. */

import type { LayerContext, WritePlace } from "../context/index.js";
import { keyText } from "../keys/index.js";
import { type Guards, noGuards, readGuards } from "./guards.js";
import { maintain } from "./maintain.js";
import type { Maintenance } from "./maintenance.js";
import type { RowChange } from "./row-change.js";
import type { RowWrite } from "./row-write.js";

const none: readonly string[] = Object.freeze([]);

/**
 * Reads what the change depends on, waits for its turn, checks it, and then writes the row and everything that follows
 * from it without a pause in between.
 *
 * @returns false when nothing was written because the row has moved meanwhile: then the change starts over
 */
export async function commitChange(
  ctx: LayerContext,
  maintenance: Maintenance,
  change: RowChange,
  place: WritePlace,
  row: RowWrite,
): Promise<boolean> {
  const guard = maintenance.guarded ? await readGuards(ctx, maintenance, change) : undefined;
  const turn = place.turn();
  if (turn !== undefined) await turn;
  const busy = ctx.attempt.untilFree(keysOf(row, guard?.uniques ?? none));
  if (busy !== undefined) {
    await busy;
    return false;
  }
  if (row.isStale()) return false;
  guard?.check();
  if (change.row !== undefined) for (const index of maintenance.counters) index.tally(change.row);
  row.write();
  // The key of a pending row holds its number.
  const number = change.pending ? change.number : ctx.attempt.numberOf(place);
  const numbered = number === change.number ? change : { ...change, number };
  follow(ctx, maintenance, numbered, guard?.guards ?? noGuards);
  return true;
}

function* keysOf({ key }: RowWrite, uniques: readonly string[]): Generator<string> {
  if (key !== undefined) yield keyText(key);
  yield* uniques;
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
