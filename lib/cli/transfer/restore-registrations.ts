/** Gives a tenant the indexes and migrations that an export names. */

import { type Engine, firstGreaterOrEqual, type Transaction, transact } from "../../engine/index.js";
import { encodeIndexInfo, type IndexInfo, metaKeys, readIndexes, startLog } from "../../layer/index.js";
import { bumpTenantVersion, type Tenant } from "../../tenant/index.js";
import type { HeaderLine } from "./format.js";
import { indexesOf } from "./line-shapes.js";
import { bytesOf } from "./value-json.js";

/**
 * Gives a tenant that has no indexes and no migrations yet those of the export, so that what is written next is
 * indexed as it was there. A tenant with registrations of its own keeps them and nothing is changed.
 *
 * @returns how many indexes were registered
 */
export async function restoreRegistrations(
  engine: Engine,
  tenant: Tenant,
  header: HeaderLine,
): Promise<number> {
  return transact(engine, async (tx) => {
    if (await hasRegistrations(tx, tenant)) return 0;
    const lasting = indexesOf(header).filter(({ state }) => state !== "deleteOnly");
    for (const info of lasting) {
      const { source, name } = info;
      // The tenant is empty, so an index that was still being built there is complete here.
      tx.set(metaKeys.index(tenant, source, name), encodeIndexInfo({ ...info, state: "readable" }));
      if (info.kind === "metadata") startLog(tx, tenant, source);
    }
    for (const { version, value } of header.migrations) {
      tx.set(metaKeys.migration(tenant, version), bytesOf(value));
    }
    bumpTenantVersion(tx, tenant);
    return lasting.length;
  });
}

/** The tenant's own registrations; undefined when it has none, and no migrations, so that those of an export count. */
export async function ownRegistrations(
  engine: Engine,
  tenant: Tenant,
): Promise<readonly IndexInfo[] | undefined> {
  return transact(engine, async (tx) =>
    (await hasRegistrations(tx, tenant)) ? readIndexes(tx, tenant, metaKeys.allIndexes(tenant)) : undefined,
  );
}

async function hasRegistrations(tx: Transaction, tenant: Tenant): Promise<boolean> {
  for (const range of [metaKeys.allIndexes(tenant), metaKeys.migrations(tenant)]) {
    const own = await tx.getRange(firstGreaterOrEqual(range.begin), firstGreaterOrEqual(range.end), {
      limit: 1,
    });
    if (own.rows.length > 0) return true;
  }
  return false;
}
