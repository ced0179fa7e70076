/** `plinth import`: reads a tenant from JSON lines. */

import { resolve } from "node:path";
import { ImportError, UsageError } from "../../errors.js";
import { Tenant } from "../../tenant/index.js";
import type { App } from "../app/index.js";
import { defineCommand, ExitCode, yesFlag } from "../command/index.js";
import { confirm, type Progress, plural, showId } from "../output/index.js";
import { type CheckedExport, checkExport } from "./check-export.js";
import type { HeaderLine } from "./format.js";
import { beginImport, endImport, hasContent, unfinishedImport } from "./import-state.js";
import { type ImportSummary, importTenant } from "./import-tenant.js";
import { type InputFile, openInput } from "./input-file.js";
import { ownRegistrations, restoreRegistrations } from "./restore-registrations.js";
import { verifiedLines } from "./verified-lines.js";

export const importVerb = defineCommand({
  words: ["import"],
  summary: "Read a tenant from JSON lines",
  description: [
    "Reads and checks the whole file first: one that is damaged, cut off or joined from two changes nothing. Then\n" +
      "creates the tenant (or takes an empty one), gives it the indexes and migrations that the export names unless it\n" +
      "has its own, writes the records in batches so that every index follows, and then applies the configuration's\n" +
      "outstanding migrations.",
    "A tenant with records or keys of the application is refused unless --merge or --replace is given. While an import\n" +
      "runs, and when it was interrupted or failed, status says so and the tenant cannot be opened; it is completed by\n" +
      "running it again with --merge.",
  ],
  args: [{ name: "TENANT", summary: "the tenant's id; default: the one in the file", optional: true }],
  flags: {
    in: { type: "string", short: "i", placeholder: "FILE", summary: "the file; default: stdin" },
    merge: {
      type: "boolean",
      summary: "write into a tenant with records; those with the same key are replaced",
    },
    replace: { type: "boolean", summary: "erase the tenant's records and keys first" },
    ...yesFlag,
  },
  examples: [
    { line: "plinth import -i acme.jsonl", does: "into the tenant of the same id" },
    { line: "plinth import acme-copy -i acme.jsonl", does: "into another tenant" },
    { line: "gunzip -c acme.jsonl.gz | plinth import acme --replace --yes", does: "over what is there" },
  ],
  createsStore: true,
  async run({ out, app, environment, signal }, [given], flags) {
    if (flags.merge && flags.replace) throw new UsageError("Choose one of --merge and --replace.");
    const opened = await app();
    const path = flags.in === undefined ? "-" : resolve(environment.cwd, flags.in);
    const input = await openInput(path, environment.stdin, signal);
    try {
      const target = await targetOf(opened, given ?? (await headerOf(input, signal)).tenant, flags);
      const checking = out.progress("checking the file", "records");
      const checked = await checkExport(input.lines(signal), {
        schemas: opened.schemas,
        replaced: target.erases ? target.tenant : undefined,
        registered: target.tenant && (await ownRegistrations(opened.engine, target.tenant)),
        signal,
        onProgress: (rows) => checking.update({ done: rows }),
      }).finally(() => checking.end());
      if (target.erases) await confirm(out, `Erase the records and keys of ${showId(target.id)}`, flags.yes);
      const { summary, restored } = await write(opened, target, input, checked, {
        signal,
        now: (environment.now ?? Date.now)(),
        progress: out.progress(`importing ${showId(target.id)}`, "records"),
      });
      await Tenant.open(opened.repo, target.id);
      out.result({ tenant: target.id, ...summary, indexes: indexNames(checked.header, restored) });
      out.line(
        `Imported ${showId(target.id)}: ${plural(summary.rows, "records")} ` +
          `(${plural(summary.written, "records")} written), ${plural(summary.keys, "other keys")}` +
          (restored > 0 ? `; ${plural(restored, "indexes")} as in the export` : ""),
      );
      return ExitCode.ok;
    } finally {
      await input.close();
    }
  },
});

const indexNames = (header: HeaderLine, restored: number): string[] =>
  restored === 0 ? [] : header.indexes.map(({ name }) => name);

async function headerOf(input: InputFile, signal: AbortSignal): Promise<HeaderLine> {
  for await (const first of verifiedLines(input.lines(signal))) {
    if (first.kind === "header") return first.line;
  }
  throw new ImportError("There is nothing to import: the input is empty.");
}

/** Where an import goes: a tenant that is there, or one to be created. */
interface Target {
  readonly id: string;
  readonly tenant: Tenant | undefined;
  /** Whether something is there that has to go first. */
  readonly erases: boolean;
}

async function targetOf(
  app: App,
  id: string,
  flags: { readonly merge: boolean; readonly replace: boolean },
): Promise<Target> {
  if (!(await Tenant.exists(app.host, id))) return { id, tenant: undefined, erases: false };
  const tenant = await Tenant.open(app.host, id);
  const [unfinished, content] = await Promise.all([
    unfinishedImport(app.engine, tenant),
    hasContent(app.engine, app.storageId, tenant),
  ]);
  if (unfinished?.from !== undefined && !flags.replace) {
    throw new ImportError(
      `The tenant ${JSON.stringify(id)} holds a part of a copy from ${unfinished.from} that has not finished. Run that ` +
        "plinth copy again, or add --replace to erase what it has written.",
    );
  }
  if (flags.merge || (!content && unfinished === undefined)) return { id, tenant, erases: false };
  if (flags.replace) return { id, tenant, erases: true };
  if (unfinished !== undefined) {
    throw new ImportError(
      `An import into the tenant ${JSON.stringify(id)} has not finished. Add --merge to go on with the same file, or ` +
        "--replace to erase what it has written and begin anew.",
    );
  }
  throw new ImportError(
    `The tenant ${JSON.stringify(id)} has records, or keys of the application. Add --merge to write among them, or ` +
      "--replace to erase them first.",
  );
}

/** Writes what was checked; from the first transaction to the last, the tenant says that it is half done. */
async function write(
  app: App,
  { id, tenant: there, erases }: Target,
  input: InputFile,
  { header, rows }: CheckedExport,
  options: { readonly signal: AbortSignal; readonly now: number; readonly progress: Progress },
): Promise<{ readonly summary: ImportSummary; readonly restored: number }> {
  const { engine, storageId, schemas } = app;
  const { signal, now, progress } = options;
  const tenant = there ?? (await Tenant.create(app.host, id));
  const replaces = erases || !(await hasContent(engine, storageId, tenant));
  await beginImport(engine, tenant, { storageId, now, erase: erases, replaces });
  const restored = await restoreRegistrations(engine, tenant, header);
  const summary = await importTenant(engine, tenant, verifiedLines(input.lines(signal)), {
    schemas,
    signal,
    onProgress: (done) => progress.update({ done, total: rows }),
  }).finally(() => progress.end());
  await endImport(engine, tenant);
  return { summary, restored };
}
