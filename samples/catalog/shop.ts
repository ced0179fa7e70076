import { Repo, Sync, Tenant } from "plinth";
import { openEngine } from "plinth/engine";
import { Catalog } from "../../migrations/0001_catalog.js";
import { NewestFirst } from "../../migrations/0002_newest_first.js";
import { type Counts, meter } from "./meter.js";
import { seed } from "./seed.js";

/** The store of the sample: one tenant of one repo, and the sync engine on it. */
export interface Shop {
  readonly repo: Repo;
  readonly tenant: Tenant;
  readonly sync: Sync;
  readonly counts: () => Counts;
  close(): Promise<void>;
}

const tenantId = "catalog";

/** Opens the store that `url` names, and writes the first products when it is new. */
export async function openShop(url: string): Promise<Shop> {
  const { engine, counts } = meter(await openEngine(url));
  try {
    const repo = new Repo({
      engine,
      storageId: "plinth-samples",
      migrations: [
        [1, Catalog],
        [2, NewestFirst],
      ],
    });
    const isNew = !(await Tenant.exists(repo, tenantId));
    const tenant = await Tenant.openOrCreate(repo, tenantId);
    if (isNew) await seed(repo, tenant);
    const sync = new Sync(repo);
    const close = async () => {
      await sync.close();
      await repo.close();
      await engine.close();
    };
    return { repo, tenant, sync, counts, close };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
