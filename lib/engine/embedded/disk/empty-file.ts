/** Makes a data file without rows, whole or not at all: LMDB would leave a part of one where it is refused, or die of it. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { emptyFile } from "./meta-page.js";
import { writeAll } from "./write-all.js";

/** Throws what the system says of it; nothing is left then. */
export function makeFile(path: string, volatile: boolean): void {
  const beside = `${path}.new`;
  try {
    const file = openSync(beside, "w", 0o664);
    try {
      writeAll(file, emptyFile(), 0);
      if (!volatile) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
