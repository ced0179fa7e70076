/** Reads index registrations from the store. */

import { readRangeAll, type Transaction } from "../../engine/index.js";
import type { Tenant } from "../../tenant/index.js";
import { unpack } from "../../tuple/index.js";
import { type KeyRange, metaKeys } from "../keys/index.js";
import { decodeFailed, type FailedBuild } from "./failed-builds.js";
import type { IndexInfo } from "./index-info.js";
import { decodeIndexInfo } from "./stored-index-info.js";

/** What is registered in a key range. */
export interface Registrations {
  readonly indexes: readonly IndexInfo[];
  /** Unique indexes that could not be built. */
  readonly failed: readonly FailedBuild[];
}

/** Registrations in a key range, as a snapshot unless it says otherwise: the version key is what guards them. */
export async function readRegistrations(
  tx: Transaction,
  tenant: Tenant,
  range: KeyRange,
  snapshot = true,
): Promise<Registrations> {
  const indexes: IndexInfo[] = [];
  const failed: FailedBuild[] = [];
  for (const [key, value] of await readRangeAll(tx, range.begin, range.end, { snapshot })) {
    const [, , source, name, note] = unpack(key, tenant.prefix.length) as string[];
    if (note === undefined) indexes.push(decodeIndexInfo(source!, name!, value));
    else failed.push(decodeFailed(source!, name!, value));
  }
  return { indexes, failed };
}

export async function readIndexes(
  tx: Transaction,
  tenant: Tenant,
  range: KeyRange,
): Promise<readonly IndexInfo[]> {
  return (await readRegistrations(tx, tenant, range)).indexes;
}

/** Of all sources, with conflict. */
export async function readFailed(tx: Transaction, tenant: Tenant): Promise<readonly FailedBuild[]> {
  return (await readRegistrations(tx, tenant, metaKeys.allIndexes(tenant), false)).failed;
}
