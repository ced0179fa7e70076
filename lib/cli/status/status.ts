/** `plinth status`: shows versions, indexes, claims and row counts of tenants. */

import { chosenTenants, concurrently, defaultConcurrency, noteUnlisted, openTenant } from "../app/index.js";
import { concurrencyFlag, defineCommand, ExitCode, tenantFlag } from "../command/index.js";
import { showDetails, showOverview } from "./show-status.js";
import { showStore } from "./show-store.js";
import { type TenantStatus, tenantStatus } from "./tenant-status.js";

/** Rows that are counted for each source unless all are wanted. */
const COUNT_LIMIT = 100_000;

export const status = defineCommand({
  words: ["status"],
  summary: "Show versions, indexes, claims and row counts of tenants",
  description: [
    "Reads only: outstanding migrations are shown, not applied. One tenant is shown in full, several in a line each.",
    `Rows come from a counter of all rows when the source has one, else they are counted, up to ${COUNT_LIMIT.toLocaleString("en-US")} for\n` +
      "each source (then shown with a +).",
  ],
  args: [],
  flags: {
    ...tenantFlag,
    details: { type: "boolean", short: "d", summary: "every tenant in full" },
    store: {
      type: "boolean",
      summary: "the embedded store itself: its size, what is free, its journal, its oldest reader",
    },
    exact: { type: "boolean", summary: "count all rows, however many" },
    ...concurrencyFlag,
  },
  examples: [
    { line: "plinth status", does: "all tenants" },
    { line: "plinth status --store", does: "the files of the embedded store" },
    { line: "plinth status -t acme", does: "one, with its indexes" },
    { line: "plinth status --json | jq 'select(.outstanding != [])'", does: "tenants that lack a migration" },
  ],
  shows: true,
  async run({ out, app, environment, signal }, _args, flags) {
    const opened = await app();
    if (flags.store) return showStore(out, opened.engine);
    await noteUnlisted(opened, environment, out);
    const ids = await chosenTenants(opened, flags.tenant);
    const found = new Map<string, TenantStatus>();
    const progress = out.progress("reading", "tenants");
    const limit = flags.exact ? Number.POSITIVE_INFINITY : COUNT_LIMIT;
    const migrations = opened.repo.config.migrations ?? [];
    await concurrently(ids, flags.concurrency ?? defaultConcurrency(), signal, async (id) => {
      const tenant = await openTenant(opened, id, { unfinished: true });
      found.set(id, await tenantStatus(opened.engine, tenant, migrations, limit));
      progress.update({ done: found.size, total: ids.length });
    }).finally(() => progress.end());
    const statuses = ids.map((id) => found.get(id) as TenantStatus);
    const now = (environment.now ?? Date.now)();
    for (const one of statuses) out.result(one);
    if (statuses.length === 0) out.line("There are no tenants. Create one: plinth tenants create ID");
    else if (flags.details || statuses.length === 1) {
      statuses.forEach((one, at) => {
        if (at > 0) out.line();
        showDetails(out, one, now);
      });
    } else showOverview(out, statuses, now);
    return ExitCode.ok;
  },
});
