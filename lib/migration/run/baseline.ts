/** Takes a list of migrations as what a tenant has applied, where the two disagree, without applying anything. */

import { transact } from "../../engine/index.js";
import { createContext, verifyTenant } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type MigrationList, planMigrations } from "../define/index.js";
import { readCompared, recordApplied } from "../store/index.js";
import type { MigrationHost } from "./migration-host.js";

/**
 * Notes the listed migration under every version that was replaced or edited, and holes as applied. What lies behind the
 * newest applied version stays pending. Returns the versions that were noted.
 */
export async function baselineTenant(
  host: MigrationHost,
  tenant: Tenant,
  migrations: MigrationList,
): Promise<readonly number[]> {
  const plans = planMigrations(migrations);
  return transact(await host.engine(), async (tx) => {
    await verifyTenant(createContext(tx, tenant, host.metadata));
    const { mismatches } = await readCompared(tx, tenant, plans);
    const versions = new Set(mismatches.map(({ version }) => version));
    for (const plan of plans) if (versions.has(plan.version)) recordApplied(tx, tenant, plan);
    return [...versions];
  });
}
