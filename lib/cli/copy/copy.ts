/** `plinth copy`: copies the tenants of one store into another, while the source is written to. */

import { openOrJoin } from "../../engine/index.js";
import { UsageError } from "../../errors.js";
import { requireStore, urlFrom } from "../app/index.js";
import { defineCommand, ExitCode, tenantFlag } from "../command/index.js";
import { bytes, plural, showId } from "../output/index.js";
import { copyStore } from "./copy-store.js";

export const copyVerb = defineCommand({
  words: ["copy"],
  summary: "Copy the tenants of one store into another",
  description: [
    "From an embedded store into a cluster, back, or into another embedded store: records, indexes, counters, the change\n" +
      "log and the application's keys. Each tenant is copied while it is written to; at the end its writers wait for a\n" +
      "moment, so that the copy is the tenant as it was at one version. What was written is read back and compared, by\n" +
      "count and hash.",
    "A tenant of the target that holds something else is refused before anything is written. Until a tenant is finished,\n" +
      "status says so and it cannot be opened; a copy that broke off is gone on with by running it again. With --move each\n" +
      "tenant of the source is closed in the same commit that ends its copy: whoever opens it is told where it is.",
  ],
  args: [
    { name: "FROM", summary: "the store that is copied: embedded:PATH, fdb: or fdb:PATH" },
    { name: "TO", summary: "the store that is written; a folder is made" },
  ],
  flags: {
    ...tenantFlag,
    move: { type: "boolean", summary: "leave the tenants of the source closed, moved to TO" },
    "stop-ms": {
      type: "integer",
      placeholder: "N",
      summary: "how long writers of a tenant wait at most; default: 5000",
    },
  },
  examples: [
    { line: "plinth copy embedded:./data fdb:", does: "every tenant, into the default cluster" },
    {
      line: "plinth copy embedded:./data fdb: --move",
      does: "the same, and the embedded store is left for good",
    },
    { line: "plinth copy fdb: embedded:./debug -t acme", does: "one tenant, to look at it" },
  ],
  async run({ out, environment, globals, signal }, [given = "", target = ""], flags) {
    if (globals.url !== undefined || globals.config !== undefined)
      throw new UsageError("plinth copy takes its stores as FROM and TO, not by --url or --config.");
    const [from, to] = [given, target].map((url) => urlFrom(environment.cwd, url)) as [string, string];
    for (const url of [from, to])
      if (url === "memory:")
        throw new UsageError("A store in memory is gone when the command ends; name embedded:PATH or fdb:.");
    requireStore(from, false);
    const source = await openOrJoin(from);
    try {
      const sink = await openOrJoin(to);
      const progress = out.progress("copying", "keys");
      try {
        const copies = copyStore(source, sink, {
          signal,
          tenants: flags.tenant,
          move: flags.move,
          ...(globals["storage-id"] === undefined ? {} : { storageId: globals["storage-id"] }),
          ...(flags["stop-ms"] === undefined ? {} : { stopMs: flags["stop-ms"] }),
          onProgress: ({ keys, tenant, done, tenants }) =>
            progress.update({ done: keys, detail: `${showId(tenant)} (${done + 1} of ${tenants})` }),
        });
        let tenants = 0;
        for await (const copied of copies) {
          tenants++;
          out.result(copied);
          out.line(
            `Copied ${showId(copied.tenant)}: ${plural(copied.keys, "keys")} (${bytes(copied.bytes)}), verified, ` +
              `sha256 ${copied.sha256.slice(0, 16)}…; writers waited ${copied.stoppedMs} ms` +
              (copied.moved ? "; the source is closed" : ""),
          );
        }
        if (tenants === 0) out.line("There are no tenants in the source.");
        return ExitCode.ok;
      } finally {
        progress.end();
        await sink.close();
      }
    } finally {
      await source.close();
    }
  },
});
