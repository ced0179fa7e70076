/** Writes all of some bytes at a place of a file. */

import { writeSync } from "node:fs";

/** A disk that fills up may take a part, and refuses the rest. */
export function writeAll(file: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length; ) {
    done += writeSync(file, bytes, done, bytes.length - done, at + done);
  }
}
