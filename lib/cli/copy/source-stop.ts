/** Stops the writers of a tenant for the last moments of its copy, and lets them go on, or leaves the tenant moved. */

import {
  type Engine,
  EngineError,
  equalBytes,
  strinc,
  type Transaction,
  transact,
} from "../../engine/index.js";
import {
  noteCopyState,
  parseTenantVersion,
  type Tenant,
  tenantGone,
  versionKey,
} from "../../tenant/index.js";
import { addReadRanges } from "./changed-parts.js";

const CONFLICT = 1020;
const TOO_OLD = 1007;
const UNKNOWN = 1021;

/** From this commit on, transactions of the tenant wait: until {@link liftStop}, or the time that is given here. */
export async function stopWriters(source: Engine, tenant: Tenant, until: number): Promise<void> {
  await transact(source, async (tx) => {
    await requireTenant(tx, tenant);
    noteCopyState(tx, tenant, { stoppedUntil: until });
  });
}

/**
 * Ends the stop if nothing of the tenant was written since `version`, in one transaction with that question.
 *
 * @returns the version up to which the copy is the same as the source; undefined when something was written
 */
export async function liftStop(
  source: Engine,
  tenant: Tenant,
  version: bigint,
  movedTo: string | undefined,
): Promise<bigint | undefined> {
  const tx = source.begin();
  for (;;) {
    try {
      tx.setReadVersion(version);
      addReadRanges(tx, tenant, [{ begin: tenant.prefix, end: strinc(tenant.prefix) }]);
      noteCopyState(tx, tenant, movedTo === undefined ? undefined : { movedTo });
      await tx.commit();
      return tx.getCommittedVersion();
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // Of an unknown outcome the next look finds out, since a commit would have written the version.
      if ([CONFLICT, TOO_OLD, UNKNOWN].includes(error.fdbCode)) {
        tx.cancel();
        return undefined;
      }
      await tx.onError(error);
    }
  }
}

/** Lets the writers go on, whatever the copy came to. */
export async function letWritersGoOn(source: Engine, tenant: Tenant): Promise<void> {
  await transact(source, async (tx) => {
    const version = parseTenantVersion(await tx.get(versionKey(tenant.prefix)));
    if (version?.copied === undefined || !equalBytes(version.incarnation, tenant.incarnation)) return;
    noteCopyState(tx, tenant, undefined);
  });
}

async function requireTenant(tx: Transaction, tenant: Tenant): Promise<void> {
  const version = parseTenantVersion(await tx.get(versionKey(tenant.prefix)));
  if (version === undefined || !equalBytes(version.incarnation, tenant.incarnation))
    throw tenantGone(tenant.id);
}
