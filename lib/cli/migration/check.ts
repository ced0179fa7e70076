/** `plinth check`: compares indexes, counters and chunks with their records, and repairs what it can. */

import { type CheckReport, checkTenant, type Problem } from "../../migration/index.js";
import type { SchemaClass } from "../../schema/index.js";
import { chosenTenants, openTenant } from "../app/index.js";
import { defineCommand, ExitCode, tenantFlag } from "../command/index.js";
import type { Output } from "../output/index.js";
import { count, plural, showId } from "../output/index.js";

/** Problems of a tenant that people are shown. */
const SHOWN = 50;

export const check = defineCommand({
  words: ["check"],
  summary: "Compare every index, unique key, counter and chunk with its records",
  description: [
    "Runs beside readers and writers: each comparison is made at one version, so writers never cause a false alarm.\n" +
      "With --repair, entries, counters and chunks are made to follow the records; a damaged record is only reported.",
    "Indexes that are still being built are mentioned, and are no fault. The exit code is 3 when anything is wrong and\n" +
      "was not repaired.",
  ],
  args: [],
  flags: {
    ...tenantFlag,
    source: {
      type: "string",
      multiple: true,
      placeholder: "NAME",
      summary: "only this source; default: all",
    },
    repair: { type: "boolean", summary: "put right what can be" },
  },
  examples: [
    { line: "plinth check", does: "all tenants" },
    { line: "plinth check -t acme --source reviews --repair", does: "mends one source of one tenant" },
    { line: "plinth check --json | jq -c .problems[]", does: "problems for programs, one a line" },
  ],
  async run({ out, app, signal }, _args, flags) {
    const opened = await app();
    const ids = await chosenTenants(opened, flags.tenant);
    const schemas = [...opened.schemas.values()].map((info) => info.schema as SchemaClass);
    const host = { engine: () => Promise.resolve(opened.engine), metadata: opened.metadata };
    const progress = out.progress("checking", "records");
    const totals = { rows: 0, found: 0, left: 0 };
    try {
      for (const id of ids) {
        const tenant = await openTenant(opened, id);
        const report = await checkTenant(host, tenant, {
          repair: flags.repair,
          schemas,
          ...(flags.source.length > 0 ? { sources: flags.source } : {}),
          signal,
          onProgress: ({ rows }) => progress.update({ done: totals.rows + rows, detail: showId(id) }),
        });
        const faults = report.problems.filter(isFault);
        totals.rows += report.rows;
        totals.found += faults.length;
        totals.left += faults.filter((problem) => !problem.repaired).length;
        out.result({ tenant: id, ...report });
        show(out, id, report, faults.length);
      }
    } finally {
      progress.end();
    }
    out.line(
      `${plural(ids.length, "tenants")} checked, ${plural(totals.found, "problems")} found` +
        (totals.found === 0 ? "" : `, ${totals.found - totals.left} repaired`),
    );
    if (totals.left > 0 && !flags.repair) out.note("Repair what can be: plinth check --repair");
    return totals.left > 0 ? ExitCode.inconsistent : ExitCode.ok;
  },
});

/** An index under construction is unfinished, not wrong. */
const isFault = ({ kind }: Problem): boolean => kind !== "unfinished-index";

function show(out: Output, id: string, report: CheckReport, faults: number): void {
  const { rows, entries, counters, problems } = report;
  const compared = `${plural(rows, "records")}, ${count(entries)} index entries, ${plural(counters, "counters")}`;
  out.line(`${showId(id)}  ${faults === 0 ? "ok" : plural(faults, "problems")}  (${compared})`);
  for (const { kind, source, index, record, detail, repaired } of problems.slice(0, SHOWN)) {
    const where = [source, index, record.join(", ")]
      .filter((part) => part !== null && part !== "")
      .join(" / ");
    out.line(`  ${kind}  ${where}: ${detail}${repaired ? "  [repaired]" : ""}`);
  }
  if (problems.length > SHOWN) out.line(`  … and ${count(problems.length - SHOWN)} more; --json lists all`);
}
