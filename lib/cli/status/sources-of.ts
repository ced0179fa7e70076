/** Finds the sources of which a tenant has records. */

import { type Engine, firstGreaterOrEqual, transact } from "../../engine/index.js";
import { space, type Tenant } from "../../tenant/index.js";
import { pack, unpack } from "../../tuple/index.js";
import { spaceRange } from "../transfer/index.js";

/** The sources that have records, in byte order: one read for each. */
export async function sourcesOf(engine: Engine, tenant: Tenant): Promise<string[]> {
  const range = spaceRange(tenant, "data");
  return transact(engine, async (tx) => {
    const sources: string[] = [];
    for (let { begin } = range; ; ) {
      const options = { limit: 1, snapshot: true };
      const batch = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(range.end), options);
      const first = batch.rows[0];
      if (first === undefined) return sources;
      const source = unpack(first[0], tenant.prefix.length)[1] as string;
      sources.push(source);
      begin = Buffer.concat([pack([space.data, source], tenant.prefix), Buffer.of(0xff)]);
    }
  });
}
