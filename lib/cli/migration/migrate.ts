/** `plinth migrate`: applies outstanding migrations to tenants. */

import type { MigrationHost, MigrationProgress } from "../../migration/index.js";
import { baselineTenant, migrateTenant, planMigrations } from "../../migration/index.js";
import { chosenTenants, concurrently, defaultConcurrency, noteUnlisted, openTenant } from "../app/index.js";
import {
  concurrencyFlag,
  defineCommand,
  ExitCode,
  failureOf,
  tenantFlag,
  yesFlag,
} from "../command/index.js";
import { confirm, duration, plural, showId } from "../output/index.js";
import { dryRun } from "./dry-run.js";

export const migrate = defineCommand({
  words: ["migrate"],
  summary: "Apply outstanding migrations to all tenants",
  description: [
    "Indexes are built step by step while readers and writers go on. Each tenant is migrated by one worker at a time;\n" +
      "where another process is at it, this one waits for it. Safe to interrupt and to run again: it goes on where it\n" +
      "was. A tenant that fails does not keep the others from being migrated; the exit code is then 1.",
    "A unique index over equal values is left out and everything else applied; status lists the records, and --retry\n" +
      "builds it once they differ.",
    "Where a tenant and the list disagree (another migration under an applied version, changed commands, a version that\n" +
      "is missing below a later one) the tenant is refused, unless that is allowed or noted by --baseline.",
  ],
  args: [],
  flags: {
    ...tenantFlag,
    ...concurrencyFlag,
    "dry-run": {
      type: "boolean",
      summary: "print what would be done, with the records to read; change nothing",
    },
    retry: { type: "boolean", summary: "try again to build unique indexes that could not be built" },
    "allow-hole": { type: "boolean", summary: "apply a version although a later one is applied" },
    "allow-edited": {
      type: "boolean",
      summary: "go on although commands of an applied version were changed",
    },
    "allow-replaced": { type: "boolean", summary: "go on although a version was applied under another name" },
    baseline: {
      type: "boolean",
      summary: "note the list as what is applied where they disagree; apply nothing",
    },
    ...yesFlag,
  },
  examples: [
    { line: "plinth migrate", does: "all tenants" },
    { line: "plinth migrate -t acme -t globex", does: "two of them" },
    { line: "plinth migrate --dry-run", does: "the plan, with row counts" },
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
    const host: MigrationHost = {
      engine: () => Promise.resolve(opened.engine),
      metadata: opened.metadata,
      runStep: (tenant, body) => opened.repo.runStep(tenant, body),
    };
    if (flags["dry-run"]) {
      for (const id of ids) {
        signal.throwIfAborted();
        await dryRun(out, opened.engine, host, await openTenant(opened, id), migrations);
      }
      return ExitCode.ok;
    }
    if (flags.baseline) {
      await confirm(out, `Note the list as what is applied in ${plural(ids.length, "tenants")}`, flags.yes);
      for (const id of ids) {
        signal.throwIfAborted();
        const noted = await baselineTenant(host, await openTenant(opened, id), migrations);
        out.result({ tenant: id, noted });
        out.line(
          `${showId(id)}  ${noted.length === 0 ? "agrees with the list" : `noted ${noted.join(", ")}`}`,
        );
      }
      return ExitCode.ok;
    }
    const progress = out.progress("migrating", "tenants");
    const totals = { done: 0, changed: 0, failed: 0 };
    const startedAt = now();
    progress.update({ done: 0, total: ids.length });
    const fail = (id: string, error: unknown): void => {
      const failure = failureOf(error);
      out.result({ tenant: id, error: failure });
      out.error({ code: failure.code, message: `${showId(id)}: ${failure.message}` });
    };
    await concurrently(ids, flags.concurrency ?? defaultConcurrency(), signal, async (id) => {
      const begunAt = now();
      let rows = 0;
      const unbuilt: unknown[] = [];
      try {
        const tenant = await openTenant(opened, id);
        const applied = await migrateTenant(host, tenant, migrations, {
          signal,
          retry: flags.retry,
          allow: [
            ...(opened.repo.config.allowMismatch ?? []),
            ...kinds.filter((kind) => flags[`allow-${kind}`]),
          ],
          onFailed: (error) => unbuilt.push(error),
          onProgress: (step) => {
            rows = Math.max(rows, step.rows);
            progress.update({ done: totals.done, total: ids.length, detail: detailOf(step) });
          },
        });
        if (applied.length > 0) totals.changed++;
        if (unbuilt.length === 0 || applied.length > 0) {
          out.result({ tenant: id, applied, rows, elapsedMs: now() - begunAt });
        }
        if (applied.length > 0) {
          out.line(
            `${showId(id)}  applied ${applied.join(", ")}  ${plural(rows, "rows")} read, ${duration(now() - begunAt)}`,
          );
        }
        for (const error of unbuilt) fail(id, error);
        if (unbuilt.length > 0) totals.failed++;
      } catch (error) {
        if (signal.aborted) throw error;
        totals.failed++;
        fail(id, error);
      }
      totals.done++;
      progress.update({ done: totals.done, total: ids.length });
    }).finally(() => progress.end());
    const current = Math.max(0, totals.done - totals.changed - totals.failed);
    out.line(
      `${plural(totals.changed, "tenants")} migrated, ${current} up to date already, ${totals.failed} failed, ` +
        `in ${duration(now() - startedAt)}`,
    );
    return totals.failed > 0 ? ExitCode.failed : ExitCode.ok;
  },
});

const kinds = ["hole", "edited", "replaced"] as const;

function detailOf({ tenant, version, name, source, bytes, totalBytes }: MigrationProgress): string {
  const share = totalBytes > 0 ? ` ${Math.floor((bytes / totalBytes) * 100)} %` : "";
  return `${showId(tenant.id)}: ${version} ${name}${source === null ? "" : ` ${source}${share}`}`;
}
