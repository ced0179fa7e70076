/** All live queries of one Repo: keeps a hub for each tenant while somebody watches it. */

import { inspect } from "node:util";
import type { Tenant } from "../../tenant/index.js";
import type { CursorKeys } from "../cursor/index.js";
import { latin1 } from "../log/index.js";
import { Latencies } from "./latencies.js";
import { type Report, TenantHub } from "./tenant-hub.js";
import type { HubStats, RunTransaction } from "./tick-hub.js";

const warn: Report = (error, message) => {
  // As text: an error of another realm would be refused here, where nobody could catch that.
  process.emitWarning(message, { type: "SubscriptionWarning", detail: inspect(error) });
};

export class SyncHub {
  /** From a fired watch until everybody was told. */
  readonly latencies = new Latencies();
  readonly #tenants = new Map<string, TenantHub>();
  /** Of tenants that nobody watches any more. */
  readonly #past: HubStats = { ticks: 0, transitions: 0 };

  /**
   * @param keys those that cursors are signed with
   * @param report tells of errors that nobody listens for; default a warning of the process
   */
  constructor(
    private readonly run: RunTransaction,
    readonly keys: CursorKeys,
    private readonly report: Report = warn,
  ) {}

  /** The hub of a tenant; it exists while something is subscribed. */
  tenant(tenant: Tenant): TenantHub {
    const key = latin1(tenant.prefix) + latin1(tenant.incarnation);
    let hub = this.#tenants.get(key);
    if (hub === undefined) {
      const made: TenantHub = new TenantHub(
        tenant,
        this.run,
        this.latencies,
        () => this.#idle(key, made),
        this.report,
        this.keys,
      );
      hub = made;
      this.#tenants.set(key, hub);
    }
    return hub;
  }

  #idle(key: string, hub: TenantHub): void {
    if (this.#tenants.get(key) !== hub) return;
    this.#tenants.delete(key);
    this.#past.ticks += hub.stats.ticks;
    this.#past.transitions += hub.stats.transitions;
  }

  get tenants(): readonly TenantHub[] {
    return [...this.#tenants.values()];
  }

  /** What all tenants have caused so far. */
  get stats(): Readonly<HubStats> {
    const sum = { ...this.#past };
    for (const { stats } of this.#tenants.values()) {
      sum.ticks += stats.ticks;
      sum.transitions += stats.transitions;
    }
    return sum;
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
