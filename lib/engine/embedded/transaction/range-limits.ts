/** Checks the options of a range read, and says after how many rows and bytes its batch ends. */

import type { RangeOptions } from "../../port/index.js";
import { EngineError, StreamingMode } from "../../port/index.js";

/** Bytes of one batch in `StreamingMode.iterator`, by iteration. */
const iteratorTargets = [4096, 6144, 9216, 13_824, 20_736, 31_104, 46_656, 69_984, 80_000, 120_000];
/** One reply of a storage server. */
export const REPLY = 80_000;

const modeTargets = new Map<number, number>([
  [StreamingMode.wantAll, REPLY],
  [StreamingMode.serial, REPLY],
  [StreamingMode.small, 256],
  [StreamingMode.medium, 1000],
  [StreamingMode.large, 4096],
  [StreamingMode.exact, Number.POSITIVE_INFINITY],
]);

/** Throws what the C client returns before it looks at the transaction: 2210, 2000. */
export function checkRangeOptions(options: RangeOptions): void {
  const mode = options.mode ?? StreamingMode.wantAll;
  if (mode === StreamingMode.exact && !options.limit && !options.targetBytes) throw new EngineError(2210);
  if (mode === StreamingMode.iterator) {
    if ((options.iteration ?? 1) <= 0) throw new EngineError(2000, "iterations are counted from 1");
  } else if (!modeTargets.has(mode)) throw new EngineError(2000, `unknown streaming mode ${mode}`);
}

/** Rows and bytes after which a batch ends; infinite where nothing limits it. */
export interface RangeLimits {
  readonly rows: number;
  readonly bytes: number;
}

/** The limits that the options ask for. Throws 2012 for negative ones; -1 is unlimited too. */
export function rangeLimits(options: RangeOptions): RangeLimits {
  const { limit = 0, targetBytes = 0, mode = StreamingMode.wantAll, iteration = 1 } = options;
  if (limit < -1 || targetBytes < -1) throw new EngineError(2012);
  const ofMode =
    mode === StreamingMode.iterator
      ? iteratorTargets[Math.min(iteration, iteratorTargets.length) - 1]!
      : modeTargets.get(mode)!;
  return {
    rows: limit <= 0 ? Number.POSITIVE_INFINITY : limit,
    bytes: Math.min(ofMode, targetBytes <= 0 ? Number.POSITIVE_INFINITY : targetBytes),
  };
}
