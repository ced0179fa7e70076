import type { Tenant } from "../tenant/index.js";
import { latin1 } from "./row-delta.js";
import { type RunTransaction, TenantHub } from "./tenant-hub.js";

/** All live queries of one Repo, by tenant. */
export class SyncHub {
  readonly #tenants = new Map<string, TenantHub>();

  constructor(private readonly run: RunTransaction) {}

  /** The hub of a tenant; it exists while something is subscribed. */
  tenant(tenant: Tenant): TenantHub {
    const key = latin1(tenant.prefix) + latin1(tenant.incarnation);
    let hub = this.#tenants.get(key);
    if (hub === undefined) {
      const made: TenantHub = new TenantHub(tenant, this.run, () => {
        if (this.#tenants.get(key) === made) this.#tenants.delete(key);
      });
      hub = made;
      this.#tenants.set(key, hub);
    }
    return hub;
  }

  get tenants(): readonly TenantHub[] {
    return [...this.#tenants.values()];
  }

  /** Ends all subscriptions with an error. */
  close(error: unknown): void {
    for (const hub of this.tenants) {
      hub.fail(error);
      hub.close(error);
    }
    this.#tenants.clear();
  }

  /** Watches held at the moment. */
  get watchCount(): number {
    return this.tenants.reduce((sum, hub) => sum + hub.watchCount, 0);
  }
}
