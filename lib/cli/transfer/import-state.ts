/** Begins and ends an import in the tenant itself, so that whoever opens it meanwhile is told that it is half done. */

import { hostname } from "node:os";
import { type Engine, transact } from "../../engine/index.js";
import {
  bumpTenantVersion,
  noteImport,
  readUnfinishedImport,
  type Tenant,
  TenantStore,
  tenantGone,
  type UnfinishedImport,
} from "../../tenant/index.js";

/** What is known of an import into the tenant that has not finished. */
export const unfinishedImport = (engine: Engine, tenant: Tenant): Promise<UnfinishedImport | undefined> =>
  transact(engine, (tx) => readUnfinishedImport(tx, tenant));

/** Whether there is anything in the tenant: records, or keys of the application. */
export const hasContent = (engine: Engine, storageId: string, tenant: Tenant): Promise<boolean> =>
  transact(engine, (tx) => new TenantStore(storageId).hasContent(tx, tenant));

interface BeginOptions {
  readonly storageId: string;
  readonly now: number;
  /** Erases what is there, in the same transaction. */
  readonly erase: boolean;
  readonly replaces: boolean;
}

/** From this transaction on, `Tenant.open` refuses the tenant. */
export async function beginImport(
  engine: Engine,
  tenant: Tenant,
  { storageId, now, erase, replaces }: BeginOptions,
): Promise<void> {
  const store = new TenantStore(storageId);
  await transact(engine, async (tx) => {
    if ((await store.refresh(tx, tenant, undefined)) === undefined) throw tenantGone(tenant.id);
    if (erase) await store.clear(tx, tenant);
    noteImport(tx, tenant, { startedAt: now, host: hostname(), pid: process.pid, replaces, from: undefined });
    bumpTenantVersion(tx, tenant);
  });
}

/** Everything is written: the tenant may be opened. */
export async function endImport(engine: Engine, tenant: Tenant): Promise<void> {
  await transact(engine, async (tx) => {
    noteImport(tx, tenant, undefined);
    bumpTenantVersion(tx, tenant);
  });
}
