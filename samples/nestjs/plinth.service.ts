import { Inject, Injectable, Logger, type OnApplicationShutdown } from "@nestjs/common";
import { Repo, Sync, Tenant } from "plinth";
import { recordEvents } from "./events.consumer.js";
import { Tasks } from "./task.js";

/** The URL of the store. */
export const STORE_URL = Symbol("STORE_URL");

/** The store, its live queries, and one handle for each tenant; closed when the application ends. */
@Injectable()
export class PlinthService implements OnApplicationShutdown {
  readonly repo: Repo;
  readonly sync: Sync;
  readonly #tenants = new Map<string, Promise<Tenant>>();
  readonly #logger = new Logger("plinth");

  constructor(@Inject(STORE_URL) url: string) {
    this.repo = new Repo({ url, storageId: "plinth-nestjs", migrations: [[1, Tasks]] });
    this.sync = new Sync(this.repo);
  }

  /** The tenant of this id, with its migrations applied and its consumer at work. */
  tenant(id: string): Promise<Tenant> {
    const known = this.#tenants.get(id);
    if (known !== undefined) return known;
    const opened = this.#open(id);
    this.#tenants.set(id, opened);
    opened.catch(() => this.#tenants.delete(id));
    return opened;
  }

  async #open(id: string): Promise<Tenant> {
    const tenant = await Tenant.openOrCreate(this.repo, id);
    recordEvents(this.sync, tenant).catch((error: unknown) => this.#logger.error(error));
    return tenant;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.sync.close();
    await this.repo.close();
  }
}
