import { spaceRange } from "../../../lib/cli/transfer/tenant-ranges.js";
import { firstGreaterOrEqual, transact } from "../../../lib/engine/index.js";
import type { Repo } from "../../../lib/repo/index.js";
import type { Tenant } from "../../../lib/tenant/index.js";

/** Removes the first index entry of a tenant behind Plinth's back. */
export async function loseEntry(repo: Repo, tenant: Tenant): Promise<void> {
  const { begin, end } = spaceRange(tenant, "index");
  await transact(await repo.engine(), async (tx) => {
    const { rows } = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), { limit: 1 });
    tx.clear(rows[0]![0]);
  });
}
