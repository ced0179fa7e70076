/** The head of a source: a key that every commit which changes the source overwrites, for others to watch. */

import { MutationType, type Transaction } from "../../engine/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { type Bytes, sourceKeys } from "../keys/index.js";
import { versionOf } from "./log-version.js";

const headOperand: Bytes = Buffer.alloc(14);

/**
 * Overwrites a head with the commit's versionstamp. Nobody's transaction depends on a head (its readers watch it or
 * read it as a snapshot), so it takes no write conflict range.
 */
export function touchHead(tx: Transaction, key: Bytes): void {
  tx.setOption("nextWriteNoWriteConflictRange");
  tx.atomic(MutationType.setVersionstampedValue, key, headOperand);
}

/** The version of the newest change of a source, as its head tells it; 0 when there is none. One point read. */
export async function headVersion(tx: Transaction, tenant: Tenant, source: string): Promise<bigint> {
  return versionOf(await tx.get(sourceKeys(tenant, source).head, true));
}

/**
 * The key to watch for changes of a source, or of one value of a `metadata(S, by)` group. Its value is the
 * versionstamp (10 bytes) of the newest change.
 *
 * @param by the group's fields as registered, and their values as key items
 */
export function headKey(
  tenant: Tenant,
  source: string,
  by?: { readonly fields: readonly string[]; readonly values: readonly TupleItem[] },
): Bytes {
  const keys = sourceKeys(tenant, source);
  return by === undefined ? keys.head : keys.groupHead(by.fields, by.values);
}
