/** Tells what migrating a tenant would do, without doing it. */

import { transact } from "../../engine/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type MigrationList, planMigrations } from "../define/index.js";
import { type ComparedMigrations, readCompared } from "../store/index.js";
import type { MigrationHost } from "./migration-host.js";

/** What a tenant lacks of a list, and where the two disagree; one transaction that only reads. */
export async function planTenant(
  host: MigrationHost,
  tenant: Tenant,
  migrations: MigrationList,
): Promise<ComparedMigrations> {
  const plans = planMigrations(migrations);
  return transact(await host.engine(), (tx) => readCompared(tx, tenant, plans, { retry: true }));
}
