/** The watches of one transaction until its commit, reset or retry. */

import { EngineError } from "../port/index.js";
import { CommittingWatches, type Joined } from "./committing-watches.js";
import { fromNative } from "./failure.js";
import type { NativeTransaction } from "./native.js";
import type { Baseline, SharedWatch } from "./shared-watch.js";
import type { SharedWatches } from "./shared-watches.js";
import { type Backing, WatchHandle } from "./watch-handle.js";

/** A watch that hopes to join an armed one at the commit, and has none of its own yet. */
interface Hopeful {
  readonly key: Buffer;
  readonly name: string;
  readonly handle: WatchHandle;
  /** Undefined until it is known. */
  baseline: Baseline | undefined;
}

/** Handles without a watch of the binding that would settle them. */
class Unbacked implements Backing {
  readonly handles = new Set<WatchHandle>();

  constructor(private readonly waiting: Set<WatchHandle>) {}

  add(handle: WatchHandle): void {
    this.handles.add(handle);
    this.waiting.add(handle);
    handle.backing = this;
  }

  /** The commit decides from here on, and then a shared watch: the transaction may go meanwhile, as it does once committed. */
  handOver(handle: WatchHandle, probe: WatchHandle): void {
    this.handles.delete(handle);
    handle.backing = {
      letGo: () => {
        this.waiting.delete(handle);
        probe.cancel();
      },
    };
  }

  letGo(handle: WatchHandle): void {
    this.handles.delete(handle);
    this.waiting.delete(handle);
  }

  fail(): void {
    for (const handle of [...this.handles]) handle.fail(new EngineError(1025));
  }
}

/** Transactions that were dropped without a commit: FoundationDB cancels such a transaction. */
const dropped = new FinalizationRegistry<Unbacked>((unbacked) => unbacked.fail());

export class TransactionWatches {
  readonly #shared: SharedWatches;
  readonly #native: NativeTransaction;
  readonly #transaction: object;
  #own: { readonly watch: SharedWatch; readonly shareable: boolean }[] = [];
  #hopeful: Hopeful[] = [];
  #unbacked: Unbacked | undefined;
  #version: Promise<Buffer> | undefined;

  /**
   * @param native what the binding has of the transaction
   * @param transaction what the application holds
   */
  constructor(shared: SharedWatches, native: NativeTransaction, transaction: object) {
    this.#shared = shared;
    this.#native = native;
    this.#transaction = transaction;
  }

  /** @param shareable false where the watch may see something else than the store has at the read version */
  add(key: Buffer, shareable: boolean): WatchHandle {
    const handle = new WatchHandle();
    const name = key.toString("latin1");
    if (shareable && this.#shared.has(name)) this.#hope(Buffer.from(key), name, handle);
    else this.#back(key, name, handle, shareable);
    return handle;
  }

  #hope(key: Buffer, name: string, handle: WatchHandle): void {
    const hopeful: Hopeful = { key, name, handle, baseline: undefined };
    this.#hopeful.push(hopeful);
    if (this.#unbacked === undefined) {
      this.#unbacked = new Unbacked(this.#shared.waiting);
      dropped.register(this.#transaction, this.#unbacked);
    }
    this.#unbacked.add(handle);
    const weak = new WeakRef<TransactionWatches>(this);
    this.#readVersion()
      .then((version) => this.#shared.read(key, version))
      .then(
        (baseline) => {
          hopeful.baseline = baseline;
        },
        // What is wrong with the transaction is for the binding to say.
        () => weak.deref()?.giveUp(hopeful),
      );
  }

  /** The version at which the transaction reads, asked for once. */
  #readVersion(): Promise<Buffer> {
    this.#version ??= this.#shared.track(this.#native, this.#native.getReadVersion());
    return this.#version;
  }

  private giveUp(hopeful: Hopeful): void {
    if (!this.#hopeful.includes(hopeful)) return;
    this.#hopeful = this.#hopeful.filter((other) => other !== hopeful);
    this.#back(hopeful.key, hopeful.name, hopeful.handle, false);
  }

  /** Gives the handle a watch of its own. */
  #back(key: Buffer, name: string, handle: WatchHandle, shareable: boolean): void {
    this.#unbacked?.letGo(handle);
    if (handle.settled) return;
    try {
      if (shareable) this.#readVersion().catch(() => undefined);
      const watch = this.#shared.start(name, this.#native.watch(key, false));
      watch.add(handle);
      this.#own.push({ watch, shareable });
    } catch (error) {
      handle.fail(fromNative(error));
    }
  }

  /** Before a write to these keys: it fires watches of this transaction, and only the binding knows whether. */
  beforeWrite(covers: (key: Buffer) => boolean): void {
    if (this.#hopeful.length === 0) return;
    const left: Hopeful[] = [];
    for (const hopeful of this.#hopeful) {
      if (covers(hopeful.key)) this.#back(hopeful.key, hopeful.name, hopeful.handle, true);
      else left.push(hopeful);
    }
    this.#hopeful = left;
  }

  /** Directly before the commit is issued: joins armed watches where they stand for ours, else sets our own. */
  beforeCommit(): CommittingWatches {
    const joined: Joined[] = [];
    for (const { key, name, baseline, handle } of this.#hopeful) {
      const shared =
        handle.settled || baseline === undefined ? undefined : this.#shared.matching(name, baseline);
      if (shared === undefined) {
        this.#back(key, name, handle, true);
        continue;
      }
      // The read that a watch of the binding would have made.
      this.#native.addReadConflictRange(key, Buffer.concat([key, Buffer.alloc(1)]));
      const probe = new WatchHandle();
      shared.add(probe);
      this.#unbacked!.handOver(handle, probe);
      joined.push({ probe, handle });
    }
    const own = this.#own;
    const version = this.#version;
    this.#own = [];
    this.#hopeful = [];
    return new CommittingWatches(this.#shared, own, version, joined);
  }

  /** Reset, cancelled or retried: what has no watch of the binding fails here, the rest by the binding. */
  abandon(): void {
    this.#unbacked?.fail();
    this.#own = [];
    this.#hopeful = [];
    this.#version = undefined;
  }
}
