/** A transaction inside of another one: its writes stay above the outer one until they are merged, or dropped.
 *
 * FoundationDB has no savepoints. Reads see the outer transaction's state under the own writes; the outer one, and
 * whatever else runs in it, sees nothing of them before the merge. What was read stays a conflict of the outer
 * transaction in either case, because what happens next depends on it.
 */

import { copyValue, type Key, ownValue, toBytes, toKey } from "../keys/index.js";
import {
  EngineError,
  type KeySelector,
  type MutationType,
  type RangeBatch,
  type RangeOptions,
  type Transaction,
  type TransactionOption,
  type Watch,
} from "../port/index.js";
import { DeferredWatch } from "./deferred-watch.js";
import { readMerged } from "./merged-range.js";
import { nothing, OwnWrites } from "./own-writes.js";
import { RecordedCalls } from "./recorded-calls.js";

/** Reads of ordinary keys stop here. */
const MAX_KEY: Key = "\xff";

export class NestedTransaction implements Transaction {
  readonly #own: OwnWrites;
  readonly #calls = new RecordedCalls();
  #watches: DeferredWatch[] = [];
  #bytes = 0;
  #dropped = false;

  private constructor(
    private readonly outer: Transaction,
    version: bigint,
  ) {
    this.#own = new OwnWrites(Number(version));
  }

  /** Begins one inside of `outer`, which may be nested itself. */
  static async begin(outer: Transaction): Promise<NestedTransaction> {
    return new NestedTransaction(outer, await outer.getReadVersion());
  }

  /** Hands everything written to the outer transaction, in its order. */
  merge(): void {
    this.#calls.replay(this.outer);
    for (const watch of this.#watches) watch.arm(this.outer);
    this.#watches = [];
  }

  /** Forgets everything written; what is still called writes nothing. */
  drop(): void {
    this.#dropped = true;
    for (const watch of this.#watches) watch.fail(new EngineError(1025));
    this.#watches = [];
  }

  async get(key: Uint8Array, snapshot?: boolean): Promise<Uint8Array | undefined> {
    const own = this.#own.at(toKey(key));
    if (own === undefined) return this.outer.get(key, snapshot);
    if (own === "unreadable") throw new EngineError(1036);
    if (own === "cleared") return undefined;
    const value = own.over(own.known ? undefined : await this.outer.get(key, snapshot));
    return value === undefined ? undefined : Buffer.from(value);
  }

  async getKey(selector: KeySelector, snapshot = false): Promise<Uint8Array> {
    if (this.#own.empty) return this.outer.getKey(selector, snapshot);
    return toBytes(await this.#resolve(selector, snapshot));
  }

  async getRange(begin: KeySelector, end: KeySelector, options: RangeOptions = {}): Promise<RangeBatch> {
    if (this.#own.empty) return this.outer.getRange(begin, end, options);
    const simple = begin.offset === 1 && end.offset === 1;
    const { snapshot = false } = options;
    const [from, to] = simple
      ? [boundOf(begin), boundOf(end)]
      : await Promise.all([this.#resolve(begin, snapshot), this.#resolve(end, snapshot)]);
    const own = this.#own.within(from, to);
    if (own === undefined && simple) return this.outer.getRange(begin, end, options);
    if (from >= to) return { rows: [], more: false };
    return readMerged(this.outer, own ?? nothing, from, to, options);
  }

  /** The key that a selector names: the empty one off the front, the end of ordinary keys off the back. */
  async #resolve(selector: KeySelector, snapshot: boolean): Promise<Key> {
    const { offset } = selector;
    const bound = boundOf(selector);
    if (offset >= 1) {
      const rows = await this.#rows(bound, MAX_KEY, offset, false, snapshot);
      return rows[offset - 1] ?? MAX_KEY;
    }
    const rows = await this.#rows("", bound, 1 - offset, true, snapshot);
    return rows[-offset] ?? "";
  }

  async #rows(begin: Key, end: Key, count: number, reverse: boolean, snapshot: boolean): Promise<Key[]> {
    const own = this.#own.within(begin, end) ?? nothing;
    const keys: Key[] = [];
    let [from, to] = [begin, end];
    while (from < to && keys.length < count) {
      const options = { limit: count - keys.length, reverse, snapshot };
      const { rows, more } = await readMerged(this.outer, own, from, to, options);
      for (const [key] of rows) keys.push(toKey(key));
      if (!more) break;
      if (reverse) to = keys.at(-1)!;
      else from = `${keys.at(-1)}\0`;
    }
    return keys;
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const call = { kind: "set", key: ownValue(key), value: ownValue(value) } as const;
    if (this.#dropped) return;
    this.#calls.add(call);
    this.#own.set(call.key, call.value);
    this.#bytes += key.length + value.length;
  }

  clear(key: Uint8Array): void {
    const call = { kind: "clear", key: ownValue(key) } as const;
    if (this.#dropped) return;
    this.#calls.add(call);
    this.#own.clear(call.key);
    this.#bytes += key.length;
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    const call = { kind: "clearRange", begin: ownValue(begin), end: ownValue(end) } as const;
    if (this.#dropped) return;
    this.#calls.add(call);
    if (Buffer.compare(begin, end) < 0) this.#own.clearRange(call.begin, call.end);
    this.#bytes += begin.length + end.length;
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    const call = { kind: "atomic", type, key: ownValue(key), operand: ownValue(operand) } as const;
    if (this.#dropped) return;
    this.#calls.add(call);
    this.#own.atomic(type, call.key, call.operand);
    this.#bytes += key.length + operand.length;
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    this.outer.addReadConflictRange(begin, end);
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    if (Buffer.compare(begin, end) > 0) throw new EngineError(2005);
    if (!this.#dropped) this.#calls.add({ kind: "conflict", begin: ownValue(begin), end: ownValue(end) });
  }

  /** Stands for the value that the outer transaction has after the merge. */
  watch(key: Uint8Array): Watch {
    // It lives longer than the transaction.
    const watch = new DeferredWatch(copyValue(ownValue(key)));
    if (this.#dropped) watch.fail(new EngineError(1025));
    else this.#watches.push(watch);
    return watch;
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    if (option !== "nextWriteNoWriteConflictRange") this.outer.setOption(option, value);
    else if (!this.#dropped) this.#calls.add({ kind: "withoutConflict" });
  }

  getReadVersion(): Promise<bigint> {
    return this.outer.getReadVersion();
  }

  getCommittedVersion(): bigint {
    return this.outer.getCommittedVersion();
  }

  getVersionstamp(): Promise<Uint8Array> {
    return this.outer.getVersionstamp();
  }

  /** Of the keys and values that it has written itself. */
  get bytes(): number {
    return this.#bytes;
  }

  async getApproximateSize(): Promise<number> {
    return (await this.outer.getApproximateSize()) + this.#bytes;
  }

  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.outer.getEstimatedRangeSizeBytes(begin, end);
  }

  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    return this.outer.getRangeSplitPoints(begin, end, chunkBytes);
  }

  setReadVersion(): never {
    throw notItsOwn("read version");
  }

  commit(): never {
    throw notItsOwn("commit");
  }

  onError(): never {
    throw notItsOwn("retries");
  }

  reset(): never {
    throw notItsOwn("reset");
  }

  cancel(): void {
    this.drop();
  }
}

function boundOf({ key, orEqual }: KeySelector): Key {
  return orEqual ? `${toKey(key)}\0` : toKey(key);
}

const notItsOwn = (what: string): TypeError =>
  new TypeError(
    `A nested transaction has no ${what} of its own; it is merged into the one around it, or dropped.`,
  );
