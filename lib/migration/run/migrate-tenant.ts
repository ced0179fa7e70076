/** Brings a tenant up to a list of migrations, together with whoever else is at it. */

import { type Transaction, transact } from "../../engine/index.js";
import { ReadOnlyRepoError, UniqueBuildError } from "../../errors.js";
import { createContext, type FailedBuild, readFailed } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type MigrationList, type PlannedMigration, planMigrations } from "../define/index.js";
import { ClaimLost, isKnownComplete, noteComplete, readPending } from "../store/index.js";
import { acquire } from "./acquire.js";
import { applyInstantly } from "./apply-instantly.js";
import type { MigrateOptions } from "./migrate-options.js";
import type { MigrationHost } from "./migration-host.js";
import { Worker } from "./worker.js";

/**
 * Brings a tenant up to a list of migrations; returns when all are applied, whoever applied them. Versions that this
 * call applied are returned.
 *
 * A tenant that this process knows to be complete costs nothing, another complete one a range read. Sources without
 * records take one transaction altogether. Others are built step by step under a claim, while writers go on.
 *
 * @throws MigrationError, MigrationMismatchError before anything is applied, UniqueBuildError
 */
export async function migrateTenant(
  host: MigrationHost,
  tenant: Tenant,
  migrations: MigrationList,
  options: MigrateOptions = {},
): Promise<readonly number[]> {
  if (host.readOnly === true) {
    throw new ReadOnlyRepoError(
      `Migrating ${JSON.stringify(tenant.id)} writes, and the Repo only reads: it was made with { readOnly: true }. Use another one.`,
    );
  }
  const plans = planMigrations(migrations);
  const isKnown = options.retry !== true && isKnownComplete(host.metadata, tenant, plans);
  if (plans.length === 0 || isKnown) return [];
  const engine = await host.engine();
  const applied: number[] = [];
  let failed: readonly FailedBuild[] = [];
  for (;;) {
    options.signal?.throwIfAborted();
    const instant = await transact(engine, (tx) =>
      applyInstantly(createContext(tx, tenant, host.metadata), plans, options),
    );
    failed = instant.failed;
    for (const { version, name } of instant.applied) {
      applied.push(version);
      const nothing = { source: null, indexes: [], rows: 0, bytes: 0, totalBytes: 0 };
      options.onProgress?.({ tenant, version, name, ...nothing, applied: true });
    }
    if (instant.left.length === 0) break;
    const isComplete = async (tx: Transaction) => {
      const compared = await readPending(tx, tenant, plans, options);
      return compared.pending.length === 0;
    };
    const claim = await acquire(host.metadata, engine, tenant, isComplete, options);
    if (claim === undefined) {
      failed = await transact(engine, (tx) => readFailed(tx, tenant));
      break;
    }
    const worker = new Worker(host, engine, tenant, claim, options);
    try {
      applied.push(...(await worker.run(plans)));
      failed = await transact(engine, (tx) => readFailed(tx, tenant));
      break;
    } catch (error) {
      if (error instanceof ClaimLost) continue;
      await worker.release();
      throw error;
    }
  }
  tellFailed(plans, failed, options);
  noteComplete(host.metadata, tenant, plans);
  return applied;
}

/** Only of the migrations in question: what another release could not build is its own. */
function tellFailed(
  plans: readonly PlannedMigration[],
  failed: readonly FailedBuild[],
  { onFailed }: MigrateOptions,
): void {
  const own = failed.filter((one) => plans.some(({ version }) => version === one.version));
  for (const { source, name, fields, duplicates } of own) {
    const error = new UniqueBuildError(source, name, fields, duplicates);
    if (onFailed === undefined) throw error;
    onFailed(error);
  }
}
