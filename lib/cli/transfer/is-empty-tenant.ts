/** Finds out whether a tenant has no records; keys of the application do not count. */

import { type Engine, firstGreaterOrEqual, transact } from "../../engine/index.js";
import type { Tenant } from "../../tenant/index.js";
import { spaceRange } from "./tenant-ranges.js";

export async function isEmptyTenant(engine: Engine, tenant: Tenant): Promise<boolean> {
  return transact(engine, async (tx) => {
    const rows = spaceRange(tenant, "data");
    const batch = await tx.getRange(firstGreaterOrEqual(rows.begin), firstGreaterOrEqual(rows.end), {
      limit: 1,
    });
    return batch.rows.length === 0;
  });
}
