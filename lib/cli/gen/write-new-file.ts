/** Writes a file that must not be there yet. */

import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "../../errors.js";

/** Writes a new file and its folders. Throws `UsageError` when it exists; nothing is overwritten. */
export async function writeNewFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new UsageError(
      `${path} exists already and is left as it is; choose another name, or remove it first.`,
    );
  }
}
