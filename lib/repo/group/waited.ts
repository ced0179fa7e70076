/** Milliseconds in which this process had nothing to do but wait, which is how one tells that a transaction is slow.
 *
 * By the clock on the wall, a process that has much to do would find all of its transactions slow, take their turns away,
 * and so have more to do.
 */

import { performance } from "node:perf_hooks";

/** A process that never pauses is believed to be busy for this many times the time that is granted. */
const PATIENCE = 20;

/** Counted from some moment, the same one in the whole process. */
export function waited(): number {
  const { idle, active } = performance.eventLoopUtilization();
  // Before the loop has begun, and where the runtime does not measure it.
  if (idle + active === 0) return performance.now();
  return idle + active / PATIENCE;
}
