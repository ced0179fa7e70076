/** Moves the versions of an embedded store ahead, so that what is written from now on sorts behind what came from elsewhere. */

import type { Engine } from "../port/index.js";
import { EmbeddedEngine } from "./embedded-engine.js";

/** Whether the versions of the engine's store could be moved above `version`; those of a cluster go their own way. */
export function advanceEngine(engine: Engine, version: bigint): boolean {
  if (!(engine instanceof EmbeddedEngine)) return false;
  engine.store.advance(Number(version));
  return true;
}
