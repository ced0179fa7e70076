import { spaceRange } from "../../../lib/cli/transfer/tenant-ranges.js";
import { firstGreaterOrEqual, transact } from "../../../lib/engine/index.js";
import type { Repo } from "../../../lib/repo/index.js";
import type { Tenant } from "../../../lib/tenant/index.js";

/** Removes the first index entries of a tenant behind Plinth's back. */
export async function loseEntries(repo: Repo, tenant: Tenant, limit = 1): Promise<void> {
  const { begin, end } = spaceRange(tenant, "index");
  await transact(await repo.engine(), async (tx) => {
    const { rows } = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), { limit });
    for (const [key] of rows) tx.clear(key);
  });
}
