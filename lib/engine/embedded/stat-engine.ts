/** Sizes of the store behind an engine, where it is an embedded one. */

import type { Engine } from "../port/index.js";
import { EmbeddedEngine } from "./embedded-engine.js";
import { SharedEngine } from "./shared-engine.js";
import { type StoreStat, statOf } from "./store-stat.js";

/** Undefined for another engine, and for one that wraps an embedded one. */
export async function statEngine(engine: Engine): Promise<StoreStat | undefined> {
  if (engine instanceof SharedEngine) return engine.stat();
  return engine instanceof EmbeddedEngine ? statOf(engine) : undefined;
}
