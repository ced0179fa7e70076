/** `plinth backup`: copies an embedded store, at one version, into a new folder. */

import { backupStore } from "../../engine/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { withProgress } from "./copy-progress.js";

export const backup = defineCommand({
  words: ["backup"],
  summary: "Copy an embedded store, at one version, into a new folder",
  description: [
    "The copy is read back before the folder gets its name, and `plinth restore` makes a store of it. A store belongs " +
      "to one process: while a server has it open, the server makes the backup, with repo.backup(path).",
  ],
  args: [{ name: "PATH", summary: "a folder that does not exist" }],
  flags: {},
  examples: [{ line: "plinth backup ./backups/monday", does: "the store of the configuration" }],
  async run({ out, app }, [path = ""]) {
    const { engine } = await app();
    const result = await withProgress(out, "Backup", (options) => backupStore(engine, path, options));
    out.result(result);
    out.line(
      `Backed up ${result.rows} rows (${result.bytes} bytes) at version ${result.version} to ${result.path}`,
    );
    return ExitCode.ok;
  },
});
