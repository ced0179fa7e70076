/** Tells a full disk from a failing one where LMDB does not: it reports a write that was cut short as an I/O error. */

import { closeSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { errnoOf, isFull } from "./system-error.js";

const PROBE = Buffer.alloc(1 << 16);

/** The system's refusal of more bytes beside `path`, or of a file as long as it would be; undefined when there is room. */
export function roomRefusal(path: string): unknown {
  const probe = `${path}.room`;
  let file: number | undefined;
  try {
    file = openSync(probe, "w");
    let done = 0;
    while (done < PROBE.length) done += writeSync(file, PROBE, done, PROBE.length - done, done);
    writeSync(file, PROBE, 0, 1, (statSync(path, { throwIfNoEntry: false })?.size ?? 0) + PROBE.length);
    return undefined;
  } catch (error) {
    return isFull(errnoOf(error)) ? error : undefined;
  } finally {
    if (file !== undefined) {
      closeSync(file);
      rmSync(probe, { force: true });
    }
  }
}
