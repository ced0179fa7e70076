/** Waits for the turn of a write that comes to nothing. */

import type { LayerContext, WritePlace } from "../context/index.js";
import { type Bytes, keyText } from "../keys/index.js";

/**
 * For a write that comes to nothing: whether those called before it, or parts at work on the row, change that. Resolves
 * when it is its turn.
 */
export async function movesBefore(
  ctx: LayerContext,
  place: WritePlace,
  key: Bytes,
  isStale: () => boolean,
): Promise<boolean> {
  const turn = place.turn();
  if (turn !== undefined) await turn;
  const busy = ctx.attempt.untilFree([keyText(key)]);
  if (busy !== undefined) {
    await busy;
    return true;
  }
  return isStale();
}
