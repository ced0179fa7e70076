import { hash } from "node:crypto";
import { spaceRange } from "../../../lib/cli/transfer/tenant-ranges.js";
import { readRangeAll, transact } from "../../../lib/engine/index.js";
import type { Repo } from "../../../lib/repo/index.js";
import { applicationRanges, Tenant } from "../../../lib/tenant/index.js";

const spaces = ["data", "index", "unique", "counter"] as const;

/** Every key and value of a tenant that is content: records, indexes, counters, and the application's own. */
export async function contents(repo: Repo, id: string): Promise<Map<string, string>> {
  const engine = await repo.engine();
  const host = {
    storageId: repo.storageId,
    engine: async () => engine,
    prepareTenant: async () => undefined,
  };
  const tenant = await Tenant.open(host, id);
  const found = new Map<string, string>();
  for (const { begin, end } of [
    ...spaces.map((name) => spaceRange(tenant, name)),
    ...applicationRanges(tenant.prefix),
  ]) {
    for (const [key, value] of await transact(engine, (tx) => readRangeAll(tx, begin, end))) {
      found.set(
        Buffer.from(key.subarray(tenant.prefix.length)).toString("latin1"),
        // Long values as their digest, so that a difference can be read.
        value.length > 200 ? hash("sha256", value) : Buffer.from(value).toString("latin1"),
      );
    }
  }
  return found;
}
