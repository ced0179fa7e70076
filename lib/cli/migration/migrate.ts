/** `plinth migrate`: applies outstanding migrations to tenants. */

import type { MigrationProgress } from "../../migration/index.js";
import { migrateTenant, planMigrations } from "../../migration/index.js";
import { chosenTenants, concurrently, defaultConcurrency, noteUnlisted, openTenant } from "../app/index.js";
import { concurrencyFlag, defineCommand, ExitCode, failureOf, tenantFlag } from "../command/index.js";
import { duration, plural } from "../output/index.js";

export const migrate = defineCommand({
  words: ["migrate"],
  summary: "Apply outstanding migrations to all tenants",
  description: [
    "Indexes are built step by step while readers and writers go on. Each tenant is migrated by one worker at a time;\n" +
      "where another process is at it, this one waits for it. Safe to interrupt and to run again: it goes on where it\n" +
      "was. A tenant that fails does not keep the others from being migrated; the exit code is then 1.",
  ],
  args: [],
  flags: { ...tenantFlag, ...concurrencyFlag },
  examples: [
    { line: "plinth migrate", does: "all tenants" },
    { line: "plinth migrate -t acme -t globex", does: "two of them" },
    { line: "plinth migrate --json | jq .applied", does: "the versions that were applied to each" },
  ],
  async run({ out, app, environment, signal }, _args, flags) {
    const opened = await app();
    const now = environment.now ?? Date.now;
    await noteUnlisted(opened, environment, out);
    const migrations = opened.repo.config.migrations ?? [];
    const plans = planMigrations(migrations);
    if (plans.length === 0) {
      out.note("The repo has no migrations; list them: new Repo({ …, migrations: [[1, Catalog]] })");
      return ExitCode.ok;
    }
    const ids = await chosenTenants(opened, flags.tenant);
    const progress = out.progress("migrating", "tenants");
    const totals = { done: 0, changed: 0, failed: 0 };
    const host = { engine: () => Promise.resolve(opened.engine), metadata: opened.metadata };
    const startedAt = now();
    progress.update({ done: 0, total: ids.length });
    await concurrently(ids, flags.concurrency ?? defaultConcurrency(), signal, async (id) => {
      const begunAt = now();
      let rows = 0;
      try {
        const tenant = await openTenant(opened, id);
        const applied = await migrateTenant(host, tenant, migrations, {
          signal,
          onProgress: (step) => {
            rows = Math.max(rows, step.rows);
            progress.update({ done: totals.done, total: ids.length, detail: detailOf(step) });
          },
        });
        if (applied.length > 0) totals.changed++;
        out.result({ tenant: id, applied, rows, elapsedMs: now() - begunAt });
        if (applied.length > 0) {
          out.line(
            `${id}  applied ${applied.join(", ")}  ${plural(rows, "rows")} read, ${duration(now() - begunAt)}`,
          );
        }
      } catch (error) {
        if (signal.aborted) throw error;
        totals.failed++;
        const failure = failureOf(error);
        out.result({ tenant: id, error: failure });
        out.error({ code: failure.code, message: `${id}: ${failure.message}` });
      }
      totals.done++;
      progress.update({ done: totals.done, total: ids.length });
    }).finally(() => progress.end());
    const current = totals.done - totals.changed - totals.failed;
    out.line(
      `${plural(totals.changed, "tenants")} migrated, ${current} up to date already, ${totals.failed} failed, ` +
        `in ${duration(now() - startedAt)}`,
    );
    return totals.failed > 0 ? ExitCode.failed : ExitCode.ok;
  },
});

function detailOf({ tenant, version, name, source, bytes, totalBytes }: MigrationProgress): string {
  const share = totalBytes > 0 ? ` ${Math.floor((bytes / totalBytes) * 100)} %` : "";
  return `${tenant.id}: ${version} ${name}${source === null ? "" : ` ${source}${share}`}`;
}
