/** Compares what a tenant has applied with a list of migrations: what it lacks, and where the two disagree. */

import type { Transaction } from "../../engine/index.js";
import { type MigrationMismatch, MigrationMismatchError } from "../../errors.js";
import { type FailedBuild, readFailed } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { PlannedMigration } from "../define/index.js";
import { type AppliedMigration, readApplied } from "./applied.js";

/** Disagreements that are taken as they are: a hole is filled, what is edited or replaced counts as applied. */
export type AllowedMismatch = MigrationMismatch["kind"];

export interface ComparedMigrations {
  readonly pending: readonly PlannedMigration[];
  readonly mismatches: readonly MigrationMismatch[];
  readonly failed: readonly FailedBuild[];
}

export interface CompareOptions {
  readonly allow?: readonly AllowedMismatch[];
  /** Migrations that are done but for a unique index that could not be built are pending again. Default false. */
  readonly retry?: boolean;
}

/** Pure; see {@link readCompared}. */
export function compareMigrations(
  plans: readonly PlannedMigration[],
  applied: readonly AppliedMigration[],
  failed: readonly FailedBuild[],
  { allow = [], retry = false }: CompareOptions,
): ComparedMigrations {
  const has = new Map(applied.map((one) => [one.version, one]));
  const isFailed = new Set(failed.map(({ version }) => version));
  const lacking = plans.filter((plan) => !has.has(plan.version));
  const newest = plans.filter((plan) => has.has(plan.version)).at(-1);
  const mismatches: MigrationMismatch[] = [];
  for (const { version, name, identity } of plans) {
    const one = has.get(version);
    if (one === undefined) {
      // Behind what is applied of this very list: what another release has applied says nothing about it.
      if (newest === undefined || version > newest.version || isFailed.has(version)) continue;
      mismatches.push({ version, kind: "hole", applied: `${newest.version} (${newest.name})`, listed: name });
    } else if (one.commands !== identity && (one.commands !== undefined || one.name !== name)) {
      const kind = one.name === name ? "edited" : "replaced";
      mismatches.push({ version, kind, applied: one.name, listed: name });
    }
  }
  return {
    pending: lacking.filter((plan) => retry || !isFailed.has(plan.version)),
    mismatches: mismatches.filter(({ kind }) => !allow.includes(kind)),
    failed,
  };
}

/** Two range reads. */
export async function readCompared(
  tx: Transaction,
  tenant: Tenant,
  plans: readonly PlannedMigration[],
  options: CompareOptions = {},
): Promise<ComparedMigrations> {
  const [applied, failed] = await Promise.all([readApplied(tx, tenant), readFailed(tx, tenant)]);
  return compareMigrations(plans, applied, failed, options);
}

/**
 * The migrations of a list that a tenant lacks.
 *
 * @throws MigrationMismatchError when the two disagree
 */
export async function readPending(
  tx: Transaction,
  tenant: Tenant,
  plans: readonly PlannedMigration[],
  options: CompareOptions = {},
): Promise<ComparedMigrations> {
  const compared = await readCompared(tx, tenant, plans, options);
  if (compared.mismatches.length > 0) throw new MigrationMismatchError(tenant.id, compared.mismatches);
  return compared;
}
