/** Says how long ago a version was. */

import { duration } from "../output/index.js";

/** FoundationDB's versions, and the embedded engine's, go up by about a million a second. */
const VERSIONS_PER_MS = 1_000n;

/** How long before `to`, and the time since then, a version was; `-` for none. */
export function ago(from: bigint, to: bigint, sinceMs = 0): string {
  return from === 0n ? "-" : duration(Number((to > from ? to - from : 0n) / VERSIONS_PER_MS) + sinceMs);
}
