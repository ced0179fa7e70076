import type { Engine, Transaction, TransactionDefaults } from "../../lib/engine/port/engine.js";
import type { Tenant, TenantHost } from "../../lib/tenant/index.js";

/** A host that remembers which tenants it prepared and counts the reads of its transactions. */
export class SpecHost implements TenantHost {
  readonly prepared: Tenant[] = [];
  reads = 0;
  attempts = 0;
  readonly #engine: Engine;

  constructor(
    engine: Engine,
    readonly storageId = "spec",
  ) {
    this.#engine = this.#counting(engine);
  }

  async engine(): Promise<Engine> {
    return this.#engine;
  }

  async prepareTenant(tenant: Tenant): Promise<void> {
    this.prepared.push(tenant);
  }

  #counting(engine: Engine): Engine {
    return {
      kind: engine.kind,
      url: engine.url,
      close: () => engine.close(),
      begin: (options?: TransactionDefaults) => {
        this.attempts++;
        return this.#countingReads(engine.begin(options));
      },
    };
  }

  #countingReads(tx: Transaction): Transaction {
    return new Proxy(tx, {
      get: (target, name) => {
        if (name === "get" || name === "getRange" || name === "getKey") this.reads++;
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === "function" ? member.bind(target) : member;
      },
    });
  }
}
