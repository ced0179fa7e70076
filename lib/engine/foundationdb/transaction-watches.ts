/** The watches of one transaction until its commit, reset or retry. */

import { EngineError } from "../port/index.js";
import { CommittingWatches, type Joined } from "./committing-watches.js";
import { fromNative } from "./failure.js";
import type { NativeTransaction } from "./native.js";
import type { Baseline, SharedWatch } from "./shared-watch.js";
import type { SharedWatches } from "./shared-watches.js";
import { WatchHandle } from "./watch-handle.js";

/** A watch that hopes to join an armed one at the commit, and has none of its own yet. */
interface Hopeful {
  readonly key: Buffer;
  readonly name: string;
  readonly baseline: Baseline;
  readonly handle: WatchHandle;
}

/** Handles of transactions that were dropped without a commit; FoundationDB cancels such a transaction. */
const dropped = new FinalizationRegistry<Set<WatchHandle>>((handles) =>
  failAll(handles, new EngineError(1025)),
);

function failAll(handles: Iterable<WatchHandle>, error: unknown): void {
  for (const handle of [...handles]) handle.fail(error);
}

// Both are functions of their own so that a handle, which the registry above holds, never holds its transaction.

function holdUnbacked(handle: WatchHandle, ...sets: readonly Set<WatchHandle>[]): void {
  for (const set of sets) set.add(handle);
  handle.release = () => {
    for (const set of sets) set.delete(handle);
  };
}

function join(shared: SharedWatch, handle: WatchHandle, ...sets: readonly Set<WatchHandle>[]): WatchHandle {
  const probe = new WatchHandle();
  shared.add(probe);
  handle.release = () => {
    for (const set of sets) set.delete(handle);
    probe.cancel();
  };
  return probe;
}

export class TransactionWatches {
  readonly #shared: SharedWatches;
  readonly #native: NativeTransaction;
  readonly #read: (key: Buffer) => Promise<Uint8Array | undefined>;
  #own: SharedWatch[] = [];
  #hopeful: Hopeful[] = [];
  /** Handles without a watch of the binding that would settle them. */
  readonly #unbacked = new Set<WatchHandle>();

  /**
   * @param read a read of the transaction, with its conflict
   * @param transaction what the application holds
   */
  constructor(
    shared: SharedWatches,
    native: NativeTransaction,
    read: (key: Buffer) => Promise<Uint8Array | undefined>,
    transaction: object,
  ) {
    this.#shared = shared;
    this.#native = native;
    this.#read = read;
    dropped.register(transaction, this.#unbacked);
  }

  /** @param shareable false where the read of the baseline would do more than the watch does */
  add(key: Buffer, shareable: boolean): WatchHandle {
    const handle = new WatchHandle();
    const name = key.toString("latin1");
    const baseline: Baseline = { known: false, value: undefined, settled: Promise.resolve() };
    if (shareable) {
      baseline.settled = this.#read(key).then(
        (value) => {
          baseline.known = true;
          baseline.value = value;
        },
        () => undefined,
      );
      if (this.#shared.has(name)) {
        const hopeful = { key: Buffer.from(key), name, baseline, handle };
        this.#hopeful.push(hopeful);
        holdUnbacked(handle, this.#unbacked, this.#shared.waiting);
        return handle;
      }
    }
    this.#back(key, name, baseline, handle);
    return handle;
  }

  /** Gives the handle a watch of its own. */
  #back(key: Buffer, name: string, baseline: Baseline, handle: WatchHandle): void {
    this.#unbacked.delete(handle);
    this.#shared.waiting.delete(handle);
    if (handle.settled) return;
    try {
      const watch = this.#shared.start(name, baseline, this.#native.watch(key, false));
      watch.add(handle);
      this.#own.push(watch);
    } catch (error) {
      handle.fail(fromNative(error));
    }
  }

  /** Before a write to these keys: it fires watches of this transaction, and only the binding knows whether. */
  beforeWrite(covers: (key: Buffer) => boolean): void {
    if (this.#hopeful.length === 0) return;
    const left: Hopeful[] = [];
    for (const hopeful of this.#hopeful) {
      if (covers(hopeful.key)) this.#back(hopeful.key, hopeful.name, hopeful.baseline, hopeful.handle);
      else left.push(hopeful);
    }
    this.#hopeful = left;
  }

  /** Directly before the commit is issued: joins armed watches where they stand for ours, else sets our own. */
  beforeCommit(): CommittingWatches {
    const joined: Joined[] = [];
    for (const { key, name, baseline, handle } of this.#hopeful) {
      const shared = handle.settled ? undefined : this.#shared.matching(name, baseline);
      if (shared === undefined) {
        this.#back(key, name, baseline, handle);
        continue;
      }
      joined.push({ probe: join(shared, handle, this.#unbacked, this.#shared.waiting), handle });
    }
    const own = this.#own;
    this.#own = [];
    this.#hopeful = [];
    return new CommittingWatches(this.#shared, own, joined);
  }

  /** Reset, cancelled or retried: what has no watch of the binding fails here, the rest by the binding. */
  abandon(): void {
    failAll(this.#unbacked, new EngineError(1025));
    this.#own = [];
    this.#hopeful = [];
  }
}
