/** `plinth import`: reads a tenant from JSON lines. */

import { resolve } from "node:path";
import { ImportError, UsageError } from "../../errors.js";
import { Tenant } from "../../tenant/index.js";
import type { App } from "../app/index.js";
import { defineCommand, ExitCode, yesFlag } from "../command/index.js";
import type { Output } from "../output/index.js";
import { confirm, plural } from "../output/index.js";
import { type HeaderLine, parseHeader } from "./format.js";
import { importTenant } from "./import-tenant.js";
import { isEmptyTenant } from "./is-empty-tenant.js";
import { readLines } from "./read-lines.js";
import { restoreRegistrations } from "./restore-registrations.js";

export const importVerb = defineCommand({
  words: ["import"],
  summary: "Read a tenant from JSON lines",
  description: [
    "Creates the tenant (or takes an empty one), gives it the indexes and migrations that the export names unless it\n" +
      "has its own, writes the records in batches so that every index follows, and then applies the configuration's\n" +
      "outstanding migrations.",
    "A tenant with records is refused unless --merge or --replace is given. An import that was interrupted is\n" +
      "completed by running it again with --merge.",
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
  async run({ out, app, environment, signal }, [given], flags) {
    if (flags.merge && flags.replace) throw new UsageError("Choose one of --merge and --replace.");
    const opened = await app();
    const path = flags.in === undefined ? "-" : resolve(environment.cwd, flags.in);
    const lines = readLines(path, environment.stdin, signal);
    const first = await lines.next();
    if (first.done === true) throw new ImportError("There is nothing to import: the input is empty.");
    const header = parseHeader(first.value);
    const id = given ?? header.tenant;
    const tenant = await prepareTenant(opened, id, flags, out);
    const restored = await restoreRegistrations(opened.engine, tenant, header);
    const progress = out.progress(`importing ${id}`, "records");
    const summary = await importTenant(opened.engine, tenant, lines, {
      schemas: opened.schemas,
      signal,
      onProgress: (rows) => progress.update({ done: rows }),
    }).finally(() => progress.end());
    await Tenant.open(opened.repo, id);
    out.result({ tenant: id, ...summary, indexes: indexNames(header, restored) });
    out.line(
      `Imported ${id}: ${plural(summary.rows, "records")} (${plural(summary.written, "records")} written), ` +
        `${plural(summary.keys, "other keys")}` +
        (restored > 0 ? `; ${plural(restored, "indexes")} as in the export` : ""),
    );
    return ExitCode.ok;
  },
});

const indexNames = (header: HeaderLine, restored: number): string[] =>
  restored === 0 ? [] : header.indexes.map(({ name }) => name);

async function prepareTenant(
  app: App,
  id: string,
  flags: { readonly merge: boolean; readonly replace: boolean; readonly yes: boolean },
  out: Output,
): Promise<Tenant> {
  if (!(await Tenant.exists(app.host, id))) return Tenant.create(app.host, id);
  const tenant = await Tenant.open(app.host, id);
  if (flags.merge || (await isEmptyTenant(app.engine, tenant))) return tenant;
  if (!flags.replace) {
    throw new ImportError(
      `The tenant ${JSON.stringify(id)} has records. Add --merge to write among them, or --replace to erase them first.`,
    );
  }
  await confirm(out, `Erase the records of ${id}`, flags.yes);
  await Tenant.clear(app.host, tenant);
  return tenant;
}
