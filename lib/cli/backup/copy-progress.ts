/** Shows how far a copy of a store has come. */

import type { BackupOptions } from "../../engine/index.js";
import type { Output } from "../output/index.js";

/** Runs `work` with a display of the rows that are copied and then read back. */
export async function withProgress<T>(
  out: Output,
  label: string,
  work: (options: BackupOptions) => Promise<T>,
): Promise<T> {
  const progress = out.progress(label, "rows");
  try {
    return await work({
      onProgress: ({ stage, rows }) => progress.update({ done: rows, detail: stage }),
    });
  } finally {
    progress.end();
  }
}
