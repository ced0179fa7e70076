/** Reads the state of a tenant: migrations, indexes, who migrates it now, and row counts. */

import { type Engine, transact } from "../../engine/index.js";
import type { MigrationMismatch } from "../../errors.js";
import { type FailedBuild, type IndexInfo, metaKeys, readFailed, readIndexes } from "../../layer/index.js";
import {
  type AppliedMigration,
  type Claim,
  compareMigrations,
  type MigrationList,
  planMigrations,
  readApplied,
  readClaim,
} from "../../migration/index.js";
import {
  type CopyState,
  parseTenantVersion,
  readUnfinishedImport,
  type Tenant,
  type UnfinishedImport,
  versionKey,
} from "../../tenant/index.js";
import { countRows, type RowCount } from "./count-rows.js";
import { sourcesOf } from "./sources-of.js";

/** Everything that `status` tells about a tenant. */
export interface TenantStatus {
  readonly tenant: string;
  /** The newest applied migration; `null` when there is none. */
  readonly version: number | null;
  readonly applied: readonly AppliedMigration[];
  /** Migrations of the configuration that the tenant lacks. */
  readonly outstanding: readonly { readonly version: number; readonly name: string }[];
  /** Where the tenant and the list of migrations disagree. */
  readonly mismatches: readonly MigrationMismatch[];
  readonly indexes: readonly IndexInfo[];
  /** Unique indexes that could not be built, and the records that have the same values. */
  readonly failed: readonly FailedBuild[];
  /** Who is migrating the tenant now, and how far. */
  readonly claim: (Claim & { readonly share: number | null }) | null;
  /** An import or a copy that has begun and not finished: until then the tenant cannot be opened. */
  readonly import: UnfinishedImport | null;
  /** The URL of the store in which the tenant lives since it was moved there; it cannot be opened here. */
  readonly movedTo: string | null;
  readonly rows: readonly RowCount[];
}

/** Reads the state of a tenant; the bookkeeping in one transaction, the rows each source by itself. */
export async function tenantStatus(
  engine: Engine,
  tenant: Tenant,
  migrations: MigrationList,
  countLimit: number,
): Promise<TenantStatus> {
  const [applied, indexes, claim, failed, unfinished, version] = await transact(engine, (tx) =>
    Promise.all([
      readApplied(tx, tenant),
      readIndexes(tx, tenant, metaKeys.allIndexes(tenant)),
      readClaim(tx, tenant),
      readFailed(tx, tenant),
      readUnfinishedImport(tx, tenant),
      tx.get(versionKey(tenant.prefix)),
    ]),
  );
  const compared = compareMigrations(planMigrations(migrations), applied, failed, { retry: true });
  const outstanding = compared.pending.map(({ version, name }) => ({ version, name }));
  const sources = new Set([...(await sourcesOf(engine, tenant)), ...indexes.map(({ source }) => source)]);
  const rows: RowCount[] = [];
  for (const source of [...sources].sort()) {
    rows.push(await countRows(engine, tenant, source, indexes, countLimit));
  }
  return {
    tenant: tenant.id,
    version: applied.at(-1)?.version ?? null,
    applied,
    outstanding,
    mismatches: compared.mismatches,
    indexes,
    failed,
    claim: claim === undefined ? null : { ...claim, share: shareOf(claim) },
    import: unfinished ?? null,
    movedTo: movedTo(parseTenantVersion(version)?.copied),
    rows,
  };
}

const movedTo = (copied: CopyState | undefined): string | null =>
  copied !== undefined && "movedTo" in copied ? copied.movedTo : null;

const shareOf = ({ bytes, totalBytes }: Claim): number | null =>
  totalBytes > 0 ? Math.min(1, bytes / totalBytes) : null;
