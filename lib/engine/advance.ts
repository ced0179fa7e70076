/** Moves the versions of a store above those of another one, whose keys it takes over. */

import type { Engine } from "./port/index.js";

/**
 * Lets an embedded store go on with versions above `version`; returns `false` where that cannot be done from here (a
 * cluster, or an engine that wraps another one).
 *
 * @example if (!(await advanceStore(engine, version))) throw new CopyError(…);
 */
export async function advanceStore(engine: Engine, version: bigint): Promise<boolean> {
  if (engine.kind !== "embedded") return false;
  const { advanceEngine } = await import("./embedded/index.js");
  return advanceEngine(engine, version);
}
