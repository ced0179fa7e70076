/** Moves the versions of an embedded store ahead, so that what is written from now on sorts behind what came from elsewhere. */

import type { Engine } from "../port/index.js";
import { EmbeddedEngine } from "./embedded-engine.js";
import { SharedEngine } from "./shared-engine.js";

/** Whether the versions of the engine's store could be moved above `version`; those of a cluster go their own way. */
export async function advanceEngine(engine: Engine, version: bigint): Promise<boolean> {
  if (engine instanceof SharedEngine) await engine.advance(Number(version));
  else if (engine instanceof EmbeddedEngine) await engine.store.advance(Number(version));
  else return false;
  return true;
}
