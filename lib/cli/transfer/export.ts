/** `plinth export`: writes a tenant as JSON lines. */

import { resolve } from "node:path";
import { openTenant } from "../app/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import type { Progress } from "../output/index.js";
import { count, plural, showId } from "../output/index.js";
import { type ExportSummary, exportTenant } from "./export-tenant.js";
import { openSink, type TextSink } from "./text-sink.js";

export const exportVerb = defineCommand({
  words: ["export"],
  summary: "Write a tenant as JSON lines",
  description: [
    "A header, a line for each record and for each key of the application, and a last line with the totals. Values\n" +
      "are exact; index entries, counters and the change log are left out, import makes them anew.",
    "Each page is read in its own transaction. When somebody writes meanwhile, pages show different moments; the\n" +
      "last line and a note name the sources where that happened. Stop writers for an exact copy.",
  ],
  args: [{ name: "TENANT", summary: "the tenant's id" }],
  flags: {
    out: { type: "string", short: "o", placeholder: "FILE", summary: "the file; default: stdout" },
  },
  examples: [
    { line: "plinth export acme -o acme.jsonl", does: "into a file" },
    { line: "plinth export acme | gzip > acme.jsonl.gz", does: "through a pipe" },
    {
      line: "plinth export acme | plinth import acme --url fdb: --storage-id my-app",
      does: "from the embedded engine to a cluster",
    },
  ],
  shows: true,
  async run({ out, app, environment, signal }, [id], flags) {
    const opened = await app();
    const tenant = await openTenant(opened, id as string);
    const path = flags.out === undefined ? "-" : resolve(environment.cwd, flags.out);
    const sink = await openSink(path, environment.stdout);
    const progress = out.progress(`exporting ${showId(tenant.id)}`, "records");
    const lines = exportTenant(opened.engine, tenant, {
      storageId: opened.storageId,
      signal,
      now: environment.now ?? Date.now,
    });
    const summary = await copyLines(lines, sink, progress);
    const { rows, keys, changed } = summary;
    if (changed.length > 0) {
      out.note(
        `Written to during the export: ${changed.join(", ")}; their records are of different moments. ` +
          "Stop writers for an exact copy.",
      );
    }
    // Stdout holds the export itself when there is no file.
    if (flags.out === undefined) out.note(`Exported ${plural(rows, "records")}, ${plural(keys, "keys")}`);
    else {
      out.result({ tenant: tenant.id, file: flags.out, rows, keys, changed });
      out.line(
        `Exported ${showId(tenant.id)}: ${plural(rows, "records")}, ${count(keys)} other keys, into ${flags.out}`,
      );
    }
    return ExitCode.ok;
  },
});

async function copyLines(
  lines: ReturnType<typeof exportTenant>,
  sink: TextSink,
  progress: Progress,
): Promise<ExportSummary> {
  try {
    for (;;) {
      const next = await lines.next();
      if (next.done === true) {
        await sink.finish();
        return next.value;
      }
      await sink.write(next.value.text);
      progress.update({ done: next.value.rows });
    }
  } catch (error) {
    await sink.abandon();
    throw error;
  } finally {
    progress.end();
  }
}
