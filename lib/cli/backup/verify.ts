/** `plinth verify`: reads every page and every row of an embedded store or a backup. */

import { verifyStore } from "../../engine/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { withProgress } from "./copy-progress.js";

/** More are counted. */
const SHOWN = 100;

export const verify = defineCommand({
  words: ["verify"],
  summary: "Read every page and every row of a store or a backup",
  description: [
    "Names the key of every row that does not match its checksum. Damaged pages are an error (store_corrupt): what is " +
      "on them cannot be told. The records of the journal are checked as well. No process may have the store open. `plinth check` is for indexes that disagree.",
  ],
  args: [{ name: "PATH", summary: "the folder of the store or the backup" }],
  flags: {},
  examples: [{ line: "plinth verify ./data", does: "the store of embedded:./data" }],
  async run({ out }, [path = ""]) {
    const { rows, bytes, checksums, damaged, journal } = await withProgress(out, "Verify", (options) =>
      verifyStore(path, options),
    );
    out.result({
      rows,
      bytes,
      checksums,
      damaged: damaged.map(({ key }) => Buffer.from(key).toString("hex")),
      journal,
    });
    for (const { message } of damaged.slice(0, SHOWN)) out.line(message);
    if (damaged.length > SHOWN) out.line(`and ${damaged.length - SHOWN} more`);
    out.line(`${rows} rows (${bytes} bytes), ${damaged.length} damaged`);
    if (journal.problem !== undefined)
      out.line(
        `The journal is damaged: ${journal.problem} (${journal.lost} groups of commits can be seen and not be had). ` +
          `See what would be lost: plinth recover ${path}`,
      );
    else if (journal.groups > 0)
      out.line(`${journal.groups} groups of commits in the journal, whole: the next open recovers them`);
    if (!checksums)
      out.note(
        "The store was made by an earlier build: its values carry no checksums. Backup and restore add them.",
      );
    return damaged.length === 0 && journal.problem === undefined ? ExitCode.ok : ExitCode.inconsistent;
  },
});
