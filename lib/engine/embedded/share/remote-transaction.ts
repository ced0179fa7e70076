/** A transaction that runs at the owner of the store, call by call and in their order.
 *
 * The owner's own transaction decides everything, so its rules are those of the engine. Here is what must be said at
 * once (wrong types, options nobody knows), and what an owner that has ended means.
 */

import { types } from "node:util";
import {
  compareBytes,
  EngineError,
  isRetryable,
  type KeySelector,
  type KeyValue,
  type MutationType,
  type RangeBatch,
  type RangeOptions,
  type Transaction,
  type TransactionDefaults,
  type TransactionOption,
  type Watch,
} from "../../port/index.js";
import { TransactionOptions } from "../transaction/index.js";
import { asBuffer } from "./frames.js";
import type { Link } from "./link.js";
import type { Told } from "./messages.js";
import { RemoteWatch } from "./remote-watch.js";

/** What a transaction needs of the engine handle it was begun on. */
export interface RemoteHost {
  readonly closed: boolean;
  /** The connection to use now; it may be dead while the next one is sought. */
  readonly link: Link | undefined;
  /** A transaction here, once this process owns the store. */
  beginHere(options: TransactionDefaults): Transaction | undefined;
  /** Resolves when there is a connection or the store is owned here, rejects when there cannot be. */
  reconnected(): Promise<void>;
}

const FIRST_BACKOFF_MS = 10;

/** Ends at the owner what nobody here refers to any more. */
const forgotten = new FinalizationRegistry<{ readonly link: Link; readonly number: number }>(
  ({ link, number }) => {
    if (!link.dead) link.tell("end", number);
  },
);

export class RemoteTransaction implements Transaction {
  private link: Link | undefined;
  private number = 0;
  /** Once this process owns the store. */
  private here: Transaction | undefined;
  private committedAt = -1n;
  /** What everything ends with until `reset`: committed, or cancelled. */
  private over: EngineError | undefined;
  private retries = 0;
  private checked: TransactionOptions;

  constructor(
    private readonly host: RemoteHost,
    private readonly defaults: TransactionDefaults,
  ) {
    this.checked = new TransactionOptions(defaults);
    this.bind();
  }

  get(key: Uint8Array, snapshot = false): Promise<Uint8Array | undefined> {
    const bytes = bytesOf(key);
    if (this.here !== undefined) return this.here.get(key, snapshot);
    return this.ask("get", bytes, snapshot).then((value) =>
      value instanceof Uint8Array ? asBuffer(value) : undefined,
    );
  }

  getKey(selector: KeySelector, snapshot = false): Promise<Uint8Array> {
    const at = selectorOf(selector);
    if (this.here !== undefined) return this.here.getKey(selector, snapshot);
    return this.ask("getKey", at, snapshot).then((key) => asBuffer(key as Uint8Array));
  }

  getRange(begin: KeySelector, end: KeySelector, options: RangeOptions = {}): Promise<RangeBatch> {
    const [from, to] = [selectorOf(begin), selectorOf(end)];
    if (this.here !== undefined) return this.here.getRange(begin, end, options);
    return this.ask("getRange", from, to, { ...options }).then((answer) => {
      const { rows, more } = answer as RangeBatch;
      return { rows: rows.map(([key, value]): KeyValue => [asBuffer(key), asBuffer(value)]), more };
    });
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const [k, v] = [bytesOf(key), bytesOf(value)];
    if (this.here !== undefined) this.here.set(key, value);
    else this.tell("set", k, v);
  }

  clear(key: Uint8Array): void {
    const k = bytesOf(key);
    if (this.here !== undefined) this.here.clear(key);
    else this.tell("clear", k);
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    const [from, to] = [bytesOf(begin), bytesOf(end)];
    if (this.here !== undefined) this.here.clearRange(begin, end);
    else this.tell("clearRange", from, to);
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    const [k, v] = [bytesOf(key), bytesOf(operand)];
    if (this.here !== undefined) this.here.atomic(type, key, operand);
    else this.tell("atomic", type, k, v);
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    const range = conflictRange(begin, end);
    if (this.here !== undefined) this.here.addReadConflictRange(begin, end);
    else this.tell("addReadConflictRange", ...range);
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    const range = conflictRange(begin, end);
    if (this.here !== undefined) this.here.addWriteConflictRange(begin, end);
    else this.tell("addWriteConflictRange", ...range);
  }

  watch(key: Uint8Array): Watch {
    const k = bytesOf(key);
    if (this.here !== undefined) return this.here.watch(key);
    const refusal = this.refusal();
    if (refusal !== undefined) return RemoteWatch.failed(refusal);
    return new RemoteWatch(this.link!, this.number, k);
  }

  async getReadVersion(): Promise<bigint> {
    if (this.here !== undefined) return this.here.getReadVersion();
    const { link } = this;
    const [version, newest] = (await this.ask("getReadVersion")) as [number, number];
    link?.note(newest);
    return BigInt(version);
  }

  setReadVersion(version: bigint): void {
    if (this.here !== undefined) this.here.setReadVersion(version);
    else this.tell("setReadVersion", Number(version));
  }

  getCommittedVersion(): bigint {
    const here = this.here?.getCommittedVersion() ?? -1n;
    return here === -1n ? this.committedAt : here;
  }

  getVersionstamp(): Promise<Uint8Array> {
    if (this.here !== undefined) return this.here.getVersionstamp();
    const stamp = this.ask("getVersionstamp").then((bytes) => asBuffer(bytes as Uint8Array));
    stamp.catch(() => undefined);
    return stamp;
  }

  async getApproximateSize(): Promise<number> {
    if (this.here !== undefined) return this.here.getApproximateSize();
    return (await this.ask("getApproximateSize")) as number;
  }

  async getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    if (this.here !== undefined) return this.here.getEstimatedRangeSizeBytes(begin, end);
    return (await this.ask("getEstimatedRangeSizeBytes", bytesOf(begin), bytesOf(end))) as number;
  }

  async getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    if (this.here !== undefined) return this.here.getRangeSplitPoints(begin, end, chunkBytes);
    const points = await this.ask("getRangeSplitPoints", bytesOf(begin), bytesOf(end), chunkBytes);
    return (points as Uint8Array[]).map(asBuffer);
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    if (this.here !== undefined) {
      this.here.setOption(option, value);
      return;
    }
    try {
      this.checked.set(option, value);
    } catch (error) {
      const code = error instanceof EngineError ? error.fdbCode : 0;
      // Other values are refused by the owner, with the next answer.
      if (code === 0 || code === 2007 || (code === 2006 && option === "timeout")) throw error;
    }
    this.tell("setOption", option, ...(value === undefined ? [] : [value]));
  }

  async commit(): Promise<void> {
    if (this.here !== undefined) return this.here.commit();
    const { link } = this;
    const committing = this.ask("commit");
    // As in the C client, nothing may follow until it is answered; what does is refused by the owner.
    const [version, newest] = (await committing) as [number, number];
    link?.note(newest);
    this.committedAt = BigInt(version);
    this.end(new EngineError(2017));
  }

  async onError(error: EngineError | number): Promise<void> {
    if (this.here !== undefined) return this.here.onError(error);
    const code = typeof error === "number" ? error : error.fdbCode;
    if (this.host.closed) throw new EngineError(1025, "the engine was closed");
    if (this.over !== undefined && this.over.fdbCode !== 2017) throw this.over;
    if (this.over === undefined && this.link?.dead === false) {
      try {
        await this.link.ask("onError", this.number, code);
        this.retries++;
        return;
      } catch (refused) {
        if (!this.link.dead) {
          // The owner's transaction has ended with it, and so has this one; an error that was given comes back itself.
          this.end(new EngineError(1025));
          throw refused instanceof EngineError && refused.fdbCode === code && typeof error !== "number"
            ? error
            : refused;
        }
      }
    }
    await this.startOver(code, error);
  }

  reset(): void {
    if (this.here !== undefined) {
      this.here.reset();
      return;
    }
    this.retries = 0;
    this.checked = new TransactionOptions(this.defaults);
    if (this.over === undefined && this.link?.dead === false) this.tell("reset");
    else this.bind();
  }

  cancel(): void {
    if (this.here !== undefined) this.here.cancel();
    else this.end(new EngineError(1025));
  }

  /** Without an owner it is decided here whether to go on, and then with the next one. */
  private async startOver(code: number, error: EngineError | number): Promise<void> {
    const failure = typeof error === "number" ? new EngineError(code) : error;
    const { retryLimit, maxRetryDelayMs } = this.checked;
    if (!isRetryable(code) || code === 1039 || (retryLimit !== -1 && this.retries >= retryLimit)) {
      this.end(new EngineError(1025));
      throw failure;
    }
    const delay = Math.min(FIRST_BACKOFF_MS * 2 ** this.retries, maxRetryDelayMs);
    this.retries++;
    await new Promise((resolve) => setTimeout(resolve, delay * Math.random()));
    await this.host.reconnected();
    this.bind();
  }

  /** A transaction at whoever has the store now. */
  private bind(): void {
    this.over = undefined;
    const { timeoutMs, retryLimit, maxRetryDelayMs } = this.checked;
    const options = {
      ...this.defaults,
      ...{ timeoutMs, maxRetryDelayMs },
      retryLimit: retryLimit === -1 ? -1 : Math.max(0, retryLimit - this.retries),
    };
    this.here = this.host.beginHere(options);
    if (this.here !== undefined) return;
    const { link } = this.host;
    this.link = link;
    if (link === undefined || link.dead) return;
    this.number = link.number();
    link.tell("begin", this.number, options);
    forgotten.register(this, { link, number: this.number }, this);
  }

  private end(over: EngineError): void {
    if (this.over !== undefined) return;
    this.over = over;
    forgotten.unregister(this);
    if (this.link?.dead === false) this.link.tell("end", this.number);
  }

  private refusal(): EngineError | undefined {
    if (this.host.closed) return new EngineError(1025, "the engine was closed");
    if (this.over !== undefined) return this.over;
    if (this.link?.dead === false) return undefined;
    return new EngineError(1037, "the process that served the store has ended; the next one is sought");
  }

  private ask(word: Parameters<Link["ask"]>[0], ...args: readonly unknown[]): Promise<unknown> {
    const refusal = this.refusal();
    return refusal === undefined ? this.link!.ask(word, this.number, ...args) : Promise.reject(refusal);
  }

  private tell(word: Told, ...args: readonly unknown[]): void {
    if (this.refusal() === undefined) this.link!.tell(word, this.number, ...args);
  }
}

function bytesOf(value: Uint8Array): Uint8Array {
  if (types.isUint8Array(value)) return value;
  throw new TypeError("A key or a value must be a Uint8Array.");
}

const selectorOf = ({ key, orEqual, offset }: KeySelector): KeySelector => ({
  key: bytesOf(key),
  orEqual,
  offset,
});

/** Inverted, it is refused at once. */
function conflictRange(begin: Uint8Array, end: Uint8Array): [Uint8Array, Uint8Array] {
  const range: [Uint8Array, Uint8Array] = [bytesOf(begin), bytesOf(end)];
  if (compareBytes(...range) > 0) throw new EngineError(2005);
  return range;
}
