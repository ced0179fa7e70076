/** An engine on an embedded store, which other engines of the process may share. */

import { EngineClosedError } from "../../errors.js";
import type { Engine, StoreLives, Transaction, TransactionDefaults } from "../port/index.js";
import type { SharedStore, Store } from "./store/index.js";
import type { TransactionHost } from "./transaction/index.js";
import { EmbeddedTransaction } from "./transaction/index.js";

export class EmbeddedEngine implements Engine, TransactionHost {
  readonly kind = "embedded";
  readonly lives: StoreLives = {
    nameAt: (version) => this.store.lifeAt(Number(version)),
    knows: (name) => this.store.knows(name),
  };
  closed = false;
  private leaving: Promise<void> | undefined;

  constructor(
    readonly url: string,
    private readonly shared: SharedStore,
    private readonly defaults: TransactionDefaults,
  ) {}

  get path(): string {
    return this.shared.path;
  }

  get store(): Store {
    return this.shared.store;
  }

  begin(options?: TransactionDefaults): Transaction {
    if (this.closed) throw new EngineClosedError("The engine was closed; open it again before use.");
    return new EmbeddedTransaction(
      this,
      options === undefined ? this.defaults : { ...this.defaults, ...options },
    );
  }

  close(): Promise<void> {
    if (this.leaving === undefined) {
      this.closed = true;
      this.store.watches.closeAll(this);
      this.leaving = this.shared.leave();
    }
    return this.leaving;
  }
}
