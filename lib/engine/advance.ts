/** Moves the versions of a store above those of another one, whose keys it takes over. */

import type { Engine } from "./port/index.js";

/**
 * Lets an embedded store go on with versions above `version`; returns `false` where that cannot be done from here (a
 * cluster, or an engine that wraps another one).
 *
 * @example if (!(await advanceStore(engine, 5_000_000n))) throw new Error("The versions of this store cannot be moved on.");
 */
export async function advanceStore(engine: Engine, version: bigint): Promise<boolean> {
  if (engine.kind !== "embedded") return false;
  const { advanceEngine } = await import("./embedded/index.js");
  return advanceEngine(engine, version);
}
