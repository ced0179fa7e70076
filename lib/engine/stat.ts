/** The sizes of the store behind an engine, loading the code that knows them when it is asked for. */

import type { StoreStat } from "./embedded/index.js";
import type { Engine } from "./port/index.js";

export type { StoreStat };

/**
 * What an embedded store takes on the disk and in memory; undefined for a cluster, which has its own tools.
 *
 * @example const { bytes, freeBytes, journalBytes } = (await storeStat(engine)) ?? {};
 */
export async function storeStat(engine: Engine): Promise<StoreStat | undefined> {
  if (engine.kind !== "embedded") return undefined;
  const { statEngine } = await import("./embedded/index.js");
  return statEngine(engine);
}
