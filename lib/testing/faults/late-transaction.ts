/** A transaction whose answers come late and overtake each other, and whose read version others may share. */

import type {
  EngineError,
  KeySelector,
  RangeBatch,
  RangeOptions,
  Transaction,
  Watch,
} from "../../engine/index.js";
import { ForwardingTransaction } from "./forwarding-transaction.js";
import type { Random } from "./random.js";
import type { SharedVersion } from "./shared-version.js";
import { turns } from "./turns.js";

export class LateTransaction extends ForwardingTransaction {
  private begun = false;

  constructor(
    inner: Transaction,
    private readonly random: Random,
    private readonly most: number,
    private readonly shared: SharedVersion | undefined,
  ) {
    super(inner);
  }

  override get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined> {
    return this.read(() => super.get(key, snapshot));
  }

  override getKey(selector: KeySelector, snapshot?: boolean): Promise<Uint8Array> {
    return this.read(() => super.getKey(selector, snapshot));
  }

  override getRange(begin: KeySelector, end: KeySelector, options?: RangeOptions): Promise<RangeBatch> {
    return this.read(() => super.getRange(begin, end, options));
  }

  override getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.read(() => super.getEstimatedRangeSizeBytes(begin, end));
  }

  override getRangeSplitPoints(
    begin: Uint8Array,
    end: Uint8Array,
    chunkBytes: number,
  ): Promise<Uint8Array[]> {
    return this.read(() => super.getRangeSplitPoints(begin, end, chunkBytes));
  }

  override getReadVersion(): Promise<bigint> {
    return this.read(() => super.getReadVersion());
  }

  override setReadVersion(version: bigint): void {
    this.begun = true;
    super.setReadVersion(version);
  }

  override watch(key: Uint8Array): Watch {
    this.begin();
    const watch = super.watch(key);
    const { shared } = this;
    if (shared === undefined) return watch;
    // Whoever was woken by a watch reads at the version that woke it or later, on a cluster too.
    const promise = watch.promise.then(() => shared.forget());
    promise.catch(() => undefined);
    return { promise, cancel: () => watch.cancel() };
  }

  override async commit(): Promise<void> {
    const moment = this.shared?.moment ?? 0;
    this.begin();
    await super.commit();
    this.shared?.committed(this.inner.getCommittedVersion(), moment);
    await this.wait();
  }

  override async onError(error: EngineError | number): Promise<void> {
    await super.onError(error);
    this.begun = false;
  }

  override reset(): void {
    super.reset();
    this.begun = false;
  }

  /** The read itself happens when it is called, with the own writes of that moment; only its answer is late. */
  private async read<T>(run: () => Promise<T>): Promise<T> {
    this.begin();
    const answer = run();
    answer.catch(() => undefined);
    await this.wait();
    return answer;
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    const version = this.shared?.version;
    if (version !== undefined) super.setReadVersion(version);
    else if (this.shared !== undefined) this.shared.learn(super.getReadVersion());
  }

  private wait(): Promise<void> {
    return turns(this.random.below(this.most));
  }
}
