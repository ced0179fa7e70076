/** A FoundationDB cluster behind the engine port. */

import { EngineClosedError } from "../../errors.js";
import type { Engine, Transaction, TransactionDefaults } from "../port/index.js";
import { fromNative } from "./failure.js";
import { Futures } from "./futures.js";
import type { NativeDatabase } from "./native.js";
import { SharedWatches } from "./shared-watches.js";
import { FoundationDBTransaction, type TransactionHost } from "./transaction.js";

export class FoundationDBEngine implements Engine, TransactionHost {
  readonly kind = "foundationdb";
  readonly url: string;
  readonly futures = new Futures();
  readonly watches = new SharedWatches(this.futures, () => this.#database.createTransaction());
  readonly #database: NativeDatabase;
  #closing: Promise<void> | undefined;

  constructor(url: string, database: NativeDatabase) {
    this.url = url;
    this.#database = database;
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  begin(options?: TransactionDefaults): Transaction {
    if (this.closed) throw new EngineClosedError("The engine was closed; open it again before use.");
    try {
      return new FoundationDBTransaction(this, this.#database.createTransaction(), options);
    } catch (error) {
      throw fromNative(error);
    }
  }

  close(): Promise<void> {
    // The binding crashes when a database goes before its watches, so all futures come first.
    this.#closing ??= this.#drain();
    return this.#closing;
  }

  async #drain(): Promise<void> {
    await Promise.all([this.watches.drain(), this.futures.drain()]);
    this.#database.close();
  }
}
