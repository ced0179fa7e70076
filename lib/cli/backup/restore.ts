/** `plinth restore`: makes a store of a backup. */

import { restoreStore } from "../../engine/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { withProgress } from "./copy-progress.js";

export const restore = defineCommand({
  words: ["restore"],
  summary: "Make an embedded store of a backup",
  description: [
    "The backup is verified first. The store is a new one: cursors of the old one get a snapshot, and its values carry " +
      "checksums also where those of the old one did not.",
  ],
  args: [
    { name: "BACKUP", summary: "a folder that `plinth backup` made" },
    { name: "PATH", summary: "the folder of the store, which does not exist" },
  ],
  flags: {},
  examples: [{ line: "plinth restore ./backups/monday ./data", does: "opened as embedded:./data" }],
  async run({ out }, [from = "", to = ""]) {
    const result = await withProgress(out, "Restore", (options) => restoreStore(from, to, options));
    out.result(result);
    out.line(`Restored ${result.rows} rows (${result.bytes} bytes) to embedded:${result.path}`);
    return ExitCode.ok;
  },
});
