/** Reads index registrations from the store. */

import { firstGreaterOrEqual, type KeyValue, keyAfter, type Transaction } from "../../engine/index.js";
import type { Tenant } from "../../tenant/index.js";
import { unpack } from "../../tuple/index.js";
import type { KeyRange } from "../keys/index.js";
import type { IndexInfo } from "./index-info.js";
import { decodeIndexInfo } from "./stored-index-info.js";

/** Registrations in a key range, as a snapshot: the version key is what guards them. */
export async function readIndexes(tx: Transaction, tenant: Tenant, range: KeyRange): Promise<IndexInfo[]> {
  const indexes: IndexInfo[] = [];
  let begin = range.begin;
  for (;;) {
    const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(range.end), {
      snapshot: true,
    });
    for (const row of batch.rows) indexes.push(registrationOf(tenant, row));
    const last = batch.rows.at(-1);
    if (!batch.more || last === undefined) return indexes;
    begin = keyAfter(last[0]);
  }
}

function registrationOf(tenant: Tenant, [key, value]: KeyValue): IndexInfo {
  const items = unpack(key, tenant.prefix.length);
  return decodeIndexInfo(items[2] as string, items[3] as string, value);
}
