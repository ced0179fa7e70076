import type { Engine, Transaction } from "../../engine/index.js";
import { transact } from "../../engine/index.js";
import { createContext, type MetadataCache } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type MigrationList, planMigrations } from "../define/index.js";
import { acquire } from "./acquire.js";
import { isKnownComplete, noteComplete, readPending } from "./applied.js";
import type { StepOptions } from "./budget.js";
import { ClaimLost } from "./claim.js";
import { applyInstantly } from "./instant.js";
import { Worker } from "./worker.js";

/** What migrating needs of a Repo. */
export interface MigrationHost {
  engine(): Promise<Engine>;
  readonly metadata: MetadataCache;
}

export interface MigrateOptions extends StepOptions {
  /** Milliseconds without a sign of life after which another worker's claim is taken over, default 5,000. */
  readonly staleClaimMs?: number;
  readonly onProgress?: (progress: MigrationProgress) => void;
  readonly signal?: AbortSignal;
}

/** Told after each step, and after each version that was applied. */
export interface MigrationProgress {
  readonly tenant: Tenant;
  readonly version: number;
  readonly name: string;
  /** The source whose records are being read; null once the version is applied. */
  readonly source: string | null;
  readonly indexes: readonly string[];
  /** Records and bytes read so far for this version, and an estimate of the bytes there are. */
  readonly rows: number;
  readonly bytes: number;
  readonly totalBytes: number;
  readonly applied: boolean;
}

/**
 * Brings a tenant up to a list of migrations; returns when all are applied, whoever applied them. Versions that this
 * call applied are returned.
 *
 * A tenant that this process knows to be complete costs nothing, another complete one a range read. Sources without
 * records take one transaction altogether. Others are built step by step under a claim, while writers go on.
 *
 * @throws MigrationError, UniqueBuildError
 */
export async function migrateTenant(
  host: MigrationHost,
  tenant: Tenant,
  migrations: MigrationList,
  options: MigrateOptions = {},
): Promise<readonly number[]> {
  const plans = planMigrations(migrations);
  if (plans.length === 0 || isKnownComplete(host.metadata, tenant, plans)) return [];
  const engine = await host.engine();
  const applied: number[] = [];
  for (;;) {
    options.signal?.throwIfAborted();
    const instant = await transact(engine, (tx) =>
      applyInstantly(createContext(tx, tenant, host.metadata), plans),
    );
    for (const { version, name } of instant.applied) {
      applied.push(version);
      const nothing = { source: null, indexes: [], rows: 0, bytes: 0, totalBytes: 0 };
      options.onProgress?.({ tenant, version, name, ...nothing, applied: true });
    }
    if (instant.left.length === 0) break;
    const isComplete = async (tx: Transaction) => (await readPending(tx, tenant, plans)).length === 0;
    const claim = await acquire(host.metadata, engine, tenant, isComplete, options);
    if (claim === undefined) break;
    const worker = new Worker(host, engine, tenant, claim, options);
    try {
      applied.push(...(await worker.run(plans)));
      break;
    } catch (error) {
      if (error instanceof ClaimLost) continue;
      await worker.release();
      throw error;
    }
  }
  noteComplete(host.metadata, tenant, plans);
  return applied;
}
