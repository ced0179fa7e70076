import { EngineClosedError } from "../../errors.js";
import type { Engine, Transaction, TransactionDefaults } from "../port/index.js";
import type { Store } from "./store/index.js";
import { openMemoryStore, openStore, type SharedStore, type StoreSettings } from "./store/index.js";
import type { TransactionHost } from "./transaction/index.js";
import { EmbeddedTransaction } from "./transaction/index.js";

export interface EmbeddedOptions extends TransactionDefaults {
  /**
   * `"sync"` (default): an acknowledged commit survives a crash and a power cut. `"relaxed"`: the last moments
   * may be lost, never a part of a transaction.
   */
  readonly durability?: "sync" | "relaxed";
  /** Watches outstanding at once before `too_many_watches`. Default 10,000, at most 1,000,000. */
  readonly maxWatches?: number;
  /** Microseconds that never go back; for tests of the five-second rule. Default: the process's clock. */
  readonly clock?: () => number;
  /** `false` accepts conflicting commits: proof that a test of isolation can fail. Never set it elsewhere. */
  readonly checkConflicts?: boolean;
}

class EmbeddedEngine implements Engine, TransactionHost {
  readonly kind = "embedded";
  closed = false;
  private leaving: Promise<void> | undefined;

  constructor(
    readonly url: string,
    private readonly shared: SharedStore,
    private readonly defaults: TransactionDefaults,
  ) {}

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

/** Watches of an embedded store that have neither fired nor failed, for tests of leaks. */
export function outstandingWatches(engine: Engine): number {
  return engine instanceof EmbeddedEngine ? engine.store.watches.size : 0;
}

/**
 * Drops what is older than five seconds from memory now instead of within half a second; returns how many keys
 * are still kept. For tests.
 */
export function forgetPast(engine: Engine): number {
  if (!(engine instanceof EmbeddedEngine)) return 0;
  engine.store.forget(Number.POSITIVE_INFINITY);
  return engine.store.overlay.size;
}

const settingsOf = (options: EmbeddedOptions): StoreSettings => ({
  durability: options.durability ?? "sync",
  maxWatches: Math.min(options.maxWatches ?? 10_000, 1_000_000),
  checkConflicts: options.checkConflicts ?? true,
  clock: options.clock,
});

/** Opens the store in the folder `path`, making it if it is not there; handles in one process share it. */
export async function openEmbedded(path: string, options: EmbeddedOptions = {}): Promise<Engine> {
  const shared = await openStore(path, settingsOf(options));
  return new EmbeddedEngine(`embedded:${shared.path}`, shared, options);
}

/** Opens a fresh store in a temporary folder; it is gone when closed. */
export async function openMemory(options: EmbeddedOptions = {}): Promise<Engine> {
  return new EmbeddedEngine("memory:", await openMemoryStore(settingsOf(options)), options);
}
