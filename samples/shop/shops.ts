import { Repo, Sync, Tenant } from "plinth";
import { type Mailer, sendMails, writeMails } from "./mails.js";
import { Shop } from "./schemas/migration.js";

/** All shops of one store: each is a tenant with data, indexes and live queries of its own. */
export interface Shops {
  readonly repo: Repo;
  readonly sync: Sync;
  /** The shop of this name; null when there is none. Its handle is kept, so that a request does not open it again. */
  find(name: string): Promise<Tenant | null>;
  /** Makes a shop, or finds it, with all migrations applied. */
  open(name: string): Promise<Tenant>;
  close(): Promise<void>;
}

/** Opens the store; `mailer` is what mails go out by, and `onError` hears of a consumer that ended. */
export function openShops(url: string, mailer: Mailer, onError: (error: unknown) => void): Shops {
  const repo = new Repo({ url, storageId: "plinth-shop", migrations: [[1, Shop]] });
  const sync = new Sync(repo);
  const opened = new Map<string, Promise<Tenant>>();

  const begin = async (name: string) => {
    const tenant = await Tenant.openOrCreate(repo, name);
    for (const consumer of [writeMails(sync, tenant), sendMails(sync, tenant, mailer)])
      consumer.catch(onError);
    return tenant;
  };
  const open = (name: string): Promise<Tenant> => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const tenant = begin(name);
    opened.set(name, tenant);
    // What could not be opened is tried again by the next request.
    tenant.catch(() => opened.delete(name));
    return tenant;
  };
  return {
    repo,
    sync,
    open,
    async find(name) {
      if (!/^[a-z0-9-]{1,60}$/.test(name)) return null;
      if (opened.has(name) || (await Tenant.exists(repo, name))) return open(name);
      return null;
    },
    async close() {
      await sync.close();
      await repo.close();
    },
  };
}
