/** Which migrations a tenant has, which it lacks, and which tenants this process knows to be complete. */

import { firstGreaterOrEqual, keyAfter, type Transaction } from "../../engine/index.js";
import { decodeMeta, encodeMeta, type MetadataCache, metaKeys } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { unpack } from "../../tuple/index.js";
import type { PlannedMigration } from "../define/index.js";
import { clearProgress } from "./progress.js";

/** A migration that a tenant has. */
export interface AppliedMigration {
  readonly version: number;
  readonly name: string;
  /** ISO 8601. */
  readonly appliedAt: string;
  /** A digest of the commands that were applied; absent in notes of earlier builds. */
  readonly commands?: string;
}

/** The migrations of a tenant, in ascending order: one range read. */
export async function readApplied(tx: Transaction, tenant: Tenant): Promise<AppliedMigration[]> {
  const applied: AppliedMigration[] = [];
  const range = metaKeys.migrations(tenant);
  let { begin } = range;
  for (;;) {
    const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(range.end));
    for (const [key, value] of batch.rows) {
      const version = Number(unpack(key, tenant.prefix.length)[2]);
      applied.push({
        version,
        ...(decodeMeta(value) as unknown as Omit<AppliedMigration, "version">),
      });
    }
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return applied;
    begin = keyAfter(last[0]);
  }
}

/** Notes a version by itself, so that versions are applied in any order of releases. */
export function recordApplied(tx: Transaction, tenant: Tenant, plan: PlannedMigration): void {
  const value = encodeMeta({ name: plan.name, appliedAt: new Date().toISOString(), commands: plan.identity });
  tx.set(metaKeys.migration(tenant, plan.version), value);
  clearProgress(tx, tenant, plan.version);
}

const complete = new WeakMap<MetadataCache, Map<string, WeakSet<object>>>();

function completeFor(metadata: MetadataCache, tenant: Tenant): WeakSet<object> {
  let tenants = complete.get(metadata);
  if (tenants === undefined) {
    tenants = new Map();
    complete.set(metadata, tenants);
  }
  const id = Buffer.from(tenant.incarnation).toString("latin1");
  let lists = tenants.get(id);
  if (lists === undefined) {
    lists = new WeakSet();
    tenants.set(id, lists);
  }
  return lists;
}

/**
 * Whether this process has seen the tenant complete. Migrations are never taken back and belong to one life of a
 * tenant, so this stays true and opening a known tenant reads nothing for it.
 */
export function isKnownComplete(metadata: MetadataCache, tenant: Tenant, plans: object): boolean {
  return completeFor(metadata, tenant).has(plans);
}

export function noteComplete(metadata: MetadataCache, tenant: Tenant, plans: object): void {
  completeFor(metadata, tenant).add(plans);
}
