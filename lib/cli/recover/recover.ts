/** `plinth recover`: shows what a damaged journal of an embedded store has lost, and goes on without it. */

import { recoverStore, type StoreRecovery } from "../../engine/index.js";
import { defineCommand, ExitCode, yesFlag } from "../command/index.js";
import { confirm, type Output } from "../output/index.js";

export const recover = defineCommand({
  words: ["recover"],
  summary: "Show what a damaged journal has lost, and go on without it",
  description: [
    "For an embedded store that StoreCorruptError refuses because of its journal. Nobody may have the store open.\n" +
      "Without --accept-loss nothing is changed.",
    "With it, every commit up to the first that cannot be had is written to the data file, the journal is put aside in\n" +
      "the store's folder, and the store opens again without the rest. Copy the folder first.",
  ],
  args: [{ name: "URL", summary: "embedded:PATH, or the path of the store's folder" }],
  flags: {
    "accept-loss": { type: "boolean", summary: "go on without what is lost" },
    ...yesFlag,
  },
  examples: [
    { line: "plinth recover embedded:./data", does: "looks only" },
    { line: "plinth recover embedded:./data --accept-loss", does: "asks, and goes on" },
  ],
  async run({ out }, [given], flags) {
    const url = /^[a-z]+:/.test(given!) ? given! : `embedded:${given}`;
    const found = await recoverStore(url);
    if (found.problem === undefined) {
      out.result(found);
      out.line("The journal is whole: the next open recovers it.");
      return ExitCode.ok;
    }
    if (!flags["accept-loss"]) {
      out.result(found);
      show(out, found);
      out.line("Nothing was changed. Restore a backup, or go on without what is lost: --accept-loss");
      return ExitCode.inconsistent;
    }
    show(out, found);
    await confirm(out, `Go on in ${found.path} without what is lost`, flags.yes);
    const done = await recoverStore(url, { acceptLoss: true });
    out.result(done);
    out.line(`Recovered. The journal was put aside: ${done.aside.join(", ") || "there was none"}`);
    return ExitCode.ok;
  },
});

function show(out: Output, { problem, dataVersion, recoverable, lost }: StoreRecovery): void {
  out.line(`Problem      ${problem}`);
  out.line(
    `Data file    ${dataVersion === undefined ? "of an unknown version" : `up to version ${dataVersion}`}`,
  );
  const groups = (n: number): string => `${n} ${n === 1 ? "group" : "groups"} of commits`;
  const upTo = (version: number | undefined): string =>
    version === undefined ? "" : `, up to version ${version}`;
  out.line(`Recoverable  ${groups(recoverable.groups)}${upTo(recoverable.version)}`);
  out.line(`Lost         ${groups(lost.groups)} that can be seen${upTo(lost.version)}; there may be more`);
}
