/** A transaction of the binding behind the port: arguments checked, errors and versions translated. */

import type {
  KeySelector,
  RangeBatch,
  RangeOptions,
  Transaction,
  TransactionDefaults,
  TransactionOption,
  Watch,
} from "../port/index.js";
import { EngineError, equalBytes, MutationType, StreamingMode } from "../port/index.js";
import { bytes, int32, version } from "./arguments.js";
import { fromNative } from "./failure.js";
import type { Futures } from "./futures.js";
import type { NativeTransaction } from "./native.js";
import { nativeOption } from "./option-codes.js";
import type { SharedWatches } from "./shared-watches.js";
import { TransactionWatches } from "./transaction-watches.js";
import { WatchHandle } from "./watch-handle.js";

/** What a transaction needs of its engine. */
export interface TransactionHost {
  readonly closed: boolean;
  readonly futures: Futures;
  readonly watches: SharedWatches;
}

export class FoundationDBTransaction implements Transaction {
  readonly #host: TransactionHost;
  readonly #native: NativeTransaction;
  readonly #defaults: TransactionDefaults;
  #watches: TransactionWatches | undefined;
  /** A watch may see an own write in place of what the store has. */
  #written = false;
  #committing = false;
  #readYourWrites = true;

  constructor(host: TransactionHost, native: NativeTransaction, defaults: TransactionDefaults = {}) {
    this.#host = host;
    this.#native = native;
    this.#defaults = defaults;
    this.#applyDefaults();
  }

  get(key: Uint8Array, snapshot = false): Promise<Uint8Array | undefined> {
    return this.#future(() => this.#native.get(bytes(key, "key"), Boolean(snapshot)));
  }

  getKey(selector: KeySelector, snapshot = false): Promise<Uint8Array> {
    return this.#future(() =>
      this.#native.getKey(
        bytes(selector.key, "key"),
        Boolean(selector.orEqual),
        int32(selector.offset, "A selector's offset"),
        Boolean(snapshot),
      ),
    );
  }

  async getRange(begin: KeySelector, end: KeySelector, options: RangeOptions = {}): Promise<RangeBatch> {
    const { results, more } = await this.#future(() =>
      this.#native.getRange(
        bytes(begin.key, "key"),
        Boolean(begin.orEqual),
        int32(begin.offset, "A selector's offset"),
        bytes(end.key, "key"),
        Boolean(end.orEqual),
        int32(end.offset, "A selector's offset"),
        int32(options.limit ?? 0, "limit"),
        int32(options.targetBytes ?? 0, "targetBytes"),
        int32(options.mode ?? StreamingMode.wantAll, "mode"),
        int32(options.iteration ?? 1, "iteration"),
        Boolean(options.snapshot),
        Boolean(options.reverse),
      ),
    );
    return { rows: results, more };
  }

  set(key: Uint8Array, value: Uint8Array): void {
    const [k, v] = [bytes(key, "key"), bytes(value, "value")];
    this.#write(
      () => this.#native.set(k, v),
      (watched) => equalBytes(watched, k),
    );
  }

  clear(key: Uint8Array): void {
    const k = bytes(key, "key");
    this.#write(
      () => this.#native.clear(k),
      (watched) => equalBytes(watched, k),
    );
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    const [b, e] = [bytes(begin, "key"), bytes(end, "key")];
    this.#write(
      () => this.#native.clearRange(b, e),
      (watched) => Buffer.compare(watched, b) >= 0 && Buffer.compare(watched, e) < 0,
    );
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    const [k, v] = [bytes(key, "key"), bytes(operand, "value")];
    const stamped =
      type === MutationType.setVersionstampedKey || type === MutationType.setVersionstampedValue;
    this.#write(
      () => this.#native.atomicOp(int32(type, "The mutation type"), k, v),
      // A stamped key makes a whole range unreadable, watched keys perhaps among it.
      (watched) => stamped || equalBytes(watched, k),
    );
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    const [b, e] = [bytes(begin, "key"), bytes(end, "key")];
    this.#call(() => this.#native.addReadConflictRange(b, e));
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    const [b, e] = [bytes(begin, "key"), bytes(end, "key")];
    this.#call(() => this.#native.addWriteConflictRange(b, e));
  }

  watch(key: Uint8Array): Watch {
    const k = bytes(key, "key");
    if (this.#host.closed) return WatchHandle.failed(gone());
    this.#watches ??= new TransactionWatches(this.#host.watches, this.#native, this);
    return this.#watches.add(k, this.#readYourWrites && !this.#written && !this.#committing);
  }

  async getReadVersion(): Promise<bigint> {
    const buffer = await this.#future(() => this.#native.getReadVersion());
    return buffer.readBigInt64BE(0);
  }

  setReadVersion(readVersion: bigint): void {
    const buffer = version(readVersion);
    this.#call(() => this.#native.setReadVersion(buffer));
  }

  getCommittedVersion(): bigint {
    return this.#native.getCommittedVersion().readBigInt64BE(0);
  }

  getVersionstamp(): Promise<Uint8Array> {
    const { closed, futures } = this.#host;
    return silently(
      closed ? Promise.reject(gone()) : futures.trackWeakly(this.#native, this.#native.getVersionstamp()),
    );
  }

  getApproximateSize(): Promise<number> {
    return this.#future(() => this.#native.getApproximateSize());
  }

  getEstimatedRangeSizeBytes(begin: Uint8Array, end: Uint8Array): Promise<number> {
    return this.#future(() =>
      this.#native.getEstimatedRangeSizeBytes(bytes(begin, "key"), bytes(end, "key")),
    );
  }

  getRangeSplitPoints(begin: Uint8Array, end: Uint8Array, chunkBytes: number): Promise<Uint8Array[]> {
    return this.#future(() =>
      this.#native.getRangeSplitPoints(
        bytes(begin, "key"),
        bytes(end, "key"),
        int32(chunkBytes, "chunkBytes"),
      ),
    );
  }

  setOption(option: TransactionOption, value?: number | string | Uint8Array): void {
    const [code, native] = nativeOption(option, value);
    this.#call(() => this.#native.setOption(code, native));
    if (option === "readYourWritesDisable") this.#readYourWrites = false;
  }

  async commit(): Promise<void> {
    if (this.#host.closed) throw gone();
    const watches = this.#watches?.beforeCommit();
    this.#committing = true;
    try {
      await this.#future(() => this.#native.commit());
    } catch (error) {
      watches?.failed(error);
      throw error;
    }
    watches?.succeeded();
  }

  async onError(error: EngineError | number): Promise<void> {
    const code = typeof error === "number" ? error : error.fdbCode;
    try {
      await this.#future(() => this.#native.onError(int32(code, "The error's code")));
    } catch (refusal) {
      // The same error again keeps what it knew besides its code.
      if (error instanceof EngineError && refusal instanceof EngineError && refusal.fdbCode === code)
        throw error;
      throw refusal;
    }
    this.#startOver();
    const { sizeLimit } = this.#defaults;
    if (sizeLimit !== undefined) this.setOption("sizeLimit", sizeLimit);
  }

  reset(): void {
    this.#call(() => this.#native.reset());
    this.#startOver();
    this.#applyDefaults();
  }

  cancel(): void {
    this.#call(() => this.#native.cancel());
    this.#watches?.abandon();
  }

  #startOver(): void {
    this.#watches?.abandon();
    this.#written = false;
    this.#committing = false;
    this.#readYourWrites = true;
  }

  #applyDefaults(): void {
    const { timeoutMs, retryLimit, maxRetryDelayMs, sizeLimit } = this.#defaults;
    if (timeoutMs !== undefined) this.setOption("timeout", timeoutMs);
    if (retryLimit !== undefined) this.setOption("retryLimit", retryLimit);
    if (maxRetryDelayMs !== undefined) this.setOption("maxRetryDelay", maxRetryDelayMs);
    if (sizeLimit !== undefined) this.setOption("sizeLimit", sizeLimit);
  }

  #future<T>(start: () => Promise<T>): Promise<T> {
    if (this.#host.closed) return Promise.reject(gone());
    try {
      return this.#host.futures.track(this.#native, start());
    } catch (error) {
      return Promise.reject(fromNative(error));
    }
  }

  #call(call: () => void): void {
    if (this.#host.closed) return;
    try {
      call();
    } catch (error) {
      throw fromNative(error);
    }
  }

  #write(write: () => void, covers: (watched: Buffer) => boolean): void {
    if (this.#host.closed) return;
    this.#watches?.beforeWrite(covers);
    this.#written = true;
    this.#call(write);
  }
}

const gone = (): EngineError => new EngineError(1025, "the engine was closed");

/** A rejection that nobody handles is not reported. */
function silently<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
