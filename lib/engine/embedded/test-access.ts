/** What tests may see and do inside of an open embedded engine. */

import type { Engine } from "../port/index.js";
import { EmbeddedEngine } from "./embedded-engine.js";

/** Watches of an embedded store that have neither fired nor failed, for tests of leaks. */
export function outstandingWatches(engine: Engine): number {
  return engine instanceof EmbeddedEngine ? engine.store.watches.size : 0;
}

/**
 * Drops what is older than five seconds from memory now instead of within half a second; returns how many keys
 * are still kept. For tests.
 */
export function forgetPast(engine: Engine): number {
  if (!(engine instanceof EmbeddedEngine)) return 0;
  engine.store.forget(Number.POSITIVE_INFINITY);
  return engine.store.overlay.size;
}

/** Keys that the next read of a range sorts in before it answers, for tests of how much one turn does. */
export function unsortedKeys(engine: Engine): number {
  return engine instanceof EmbeddedEngine ? engine.store.overlay.waiting : 0;
}
