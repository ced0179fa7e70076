/** The context that every function of the layer takes: one attempt of one transaction in one tenant. */

import type { Transaction } from "../../engine/index.js";
import type { Tenant } from "../../tenant/index.js";
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
}

class TransactionContext implements LayerContext {
  constructor(
    readonly tx: Transaction,
    readonly tenant: Tenant,
    readonly metadata: MetadataCache,
    readonly attempt: Attempt,
  ) {}

  nextOp(): number {
    return this.attempt.nextOp();
  }
}

/** The context of one attempt. Objects that need more on it are made with `Object.assign`, not by spreading. */
export function createContext(
  tx: Transaction,
  tenant: Tenant,
  metadata: MetadataCache,
  attempt = new Attempt(),
): LayerContext {
  return new TransactionContext(tx, tenant, metadata, attempt);
}
