/** The context that every function of the layer takes: one attempt of one transaction in one tenant. */

import type { Transaction } from "../../engine/index.js";
import type { Tenant } from "../../tenant/index.js";
import { type Bytes, keyText } from "../keys/index.js";
import type { MetadataCache } from "../metadata/index.js";
import { Attempt } from "./attempt.js";

export interface LayerContext {
  readonly tx: Transaction;
  readonly tenant: Tenant;
  readonly metadata: MetadataCache;
  /** What the layer remembers during the attempt. */
  readonly attempt: Attempt;
  /** The next number (0 to 65,535) for versionstamped keys: the order of operations inside one commit. */
  nextOp(): number;
  /** Runs `fn` when earlier `lock`s on the same key are done, so that reads and writes of one key do not interleave. */
  lock<T>(key: Bytes, fn: () => Promise<T>): Promise<T>;
}

class TransactionContext implements LayerContext {
  readonly attempt = new Attempt();
  private locks: Map<string, Promise<unknown>> | undefined;

  constructor(
    readonly tx: Transaction,
    readonly tenant: Tenant,
    readonly metadata: MetadataCache,
  ) {}

  nextOp(): number {
    return this.attempt.nextOp();
  }

  lock<T>(key: Bytes, fn: () => Promise<T>): Promise<T> {
    this.locks ??= new Map();
    const { locks } = this;
    const id = keyText(key);
    const before = locks.get(id);
    const run = before === undefined ? fn() : before.then(fn, fn);
    const settled: Promise<void> = run.then(release, release);
    locks.set(id, settled);
    function release(): void {
      if (locks.get(id) === settled) locks.delete(id);
    }
    return run;
  }
}

/** The context of one attempt. Objects that need more on it are made with `Object.assign`, not by spreading. */
export function createContext(tx: Transaction, tenant: Tenant, metadata: MetadataCache): LayerContext {
  return new TransactionContext(tx, tenant, metadata);
}
