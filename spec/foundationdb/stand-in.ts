// biome-ignore-all lint/complexity/noArguments: how many arguments there are is what is checked.

import type {
  NativeDatabase,
  NativeModule,
  NativeRange,
  NativeTransaction,
  NativeWatch,
} from "../../lib/engine/foundationdb/native.js";
import type {
  Engine,
  KeySelector,
  Transaction,
  TransactionDefaults,
  TransactionOption,
} from "../../lib/engine/port/engine.js";
import { EngineError } from "../../lib/engine/port/engine-error.js";
import {
  errorNames,
  isMaybeCommitted,
  isRetryable,
  isRetryableNotCommitted,
} from "../../lib/engine/port/error-codes.js";

/** A call that would abort the process with the real binding, hang it, or be read as something else. */
export class NativeMisuse extends Error {}

/** The binding's own error class. */
export class FDBError extends Error {
  constructor(readonly code: number) {
    super(errorNames.get(code) ?? "unknown_error");
  }
}

const misuse = (why: string): never => {
  throw new NativeMisuse(why);
};

function count(args: ArrayLike<unknown>, expected: number): void {
  // One more would be taken for a callback, which leaks; a missing one for undefined.
  if (args.length !== expected) misuse(`${args.length} arguments instead of ${expected}`);
}

function buffer(value: unknown): Buffer {
  if (!Buffer.isBuffer(value)) return misuse(`${typeof value} where only a Buffer is safe`);
  return value;
}

function bool(value: unknown): boolean {
  if (typeof value !== "boolean")
    return misuse(`${String(value)} as a boolean: assert(0) aborts the process`);
  return value;
}

function int32(value: unknown): number {
  if (typeof value !== "number" || (value | 0) !== value)
    return misuse(`${String(value)} misread as an int32`);
  return value;
}

function optionValue(value: unknown): number | Buffer | null {
  if (value === null || Buffer.isBuffer(value)) return value;
  if (typeof value !== "number" || !Number.isSafeInteger(value))
    return misuse(`${String(value)} misread as an option`);
  return value;
}

const versionBuffer = (version: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(version);
  return bytes;
};

const options = new Map<number, TransactionOption>([
  [10, "causalWriteRisky"],
  [20, "causalReadRisky"],
  [30, "nextWriteNoWriteConflictRange"],
  [51, "readYourWritesDisable"],
  [200, "prioritySystemImmediate"],
  [201, "priorityBatch"],
  [301, "accessSystemKeys"],
  [302, "readSystemKeys"],
  [403, "debugTransactionIdentifier"],
  [500, "timeout"],
  [501, "retryLimit"],
  [502, "maxRetryDelay"],
  [503, "sizeLimit"],
  [600, "snapshotRywEnable"],
  [601, "snapshotRywDisable"],
  [700, "lockAware"],
  [701, "usedDuringCommitProtectionDisable"],
  [702, "readLockAware"],
  [712, "reportConflictingKeys"],
  [800, "tag"],
  [801, "autoThrottleTag"],
  [1100, "bypassUnreadable"],
]);

export interface StandInSettings {
  /** Of the client library; the binding itself is compiled for 720. */
  readonly maxApiVersion?: number;
  /** Errors that `createDatabase` throws or `getReadVersion` never settles after. */
  readonly noClusterFile?: boolean;
  readonly unreachable?: boolean;
}

/** Stands in for the native layer of the package `foundationdb`, with an engine in place of the cluster. */
export class StandIn implements NativeModule {
  apiVersion = 0;
  headerVersion = 0;
  networkRuns = false;
  /** Of databases that are created from now on. */
  engine: Engine;
  /** Watches ever made, and those that have not settled. */
  watchesMade = 0;
  watchesPending = 0;
  readonly databases: StandInDatabase[] = [];

  constructor(
    engine: Engine,
    readonly settings: StandInSettings = {},
  ) {
    this.engine = engine;
  }

  /** Futures that have not settled, of all databases. */
  get pending(): number {
    return this.databases.reduce((sum, database) => sum + database.pending, 0);
  }

  setAPIVersionImpl(version: number, headerVersion: number): void {
    count(arguments, 2);
    if (this.apiVersion !== 0) {
      if (int32(version) !== this.apiVersion) throw new FDBError(2201);
      return;
    }
    if (int32(version) > int32(headerVersion)) throw new FDBError(2204);
    if (headerVersion > (this.settings.maxApiVersion ?? 730)) throw new FDBError(2203);
    this.apiVersion = version;
    this.headerVersion = headerVersion;
  }

  startNetwork(): void {
    if (this.apiVersion === 0) misuse("the network is set up without an API version: everything hangs");
    this.networkRuns = true;
  }

  stopNetwork(): void {
    this.networkRuns = false;
  }

  createDatabase(clusterFile: string | null): NativeDatabase {
    count(arguments, 1);
    if (clusterFile !== null && typeof clusterFile !== "string") misuse("undefined instead of a database");
    if (clusterFile !== null && Buffer.byteLength(clusterFile) > 1_023) misuse("the path is cut off");
    if (!this.networkRuns) misuse("the network does not run: everything hangs");
    if (this.settings.noClusterFile) throw new FDBError(1515);
    const database = new StandInDatabase(this, this.engine);
    this.databases.push(database);
    return database;
  }

  errorPredicate(test: number, code: number): boolean {
    if (test === 50_000) return isRetryable(code) && code !== 1079;
    return test === 50_001 ? isMaybeCommitted(code) : isRetryableNotCommitted(code);
  }
}

class StandInDatabase implements NativeDatabase {
  closed = false;
  pending = 0;
  maxWatches = 10_000;
  readonly defaults: { -readonly [K in keyof TransactionDefaults]: TransactionDefaults[K] } = {};

  constructor(
    readonly module: StandIn,
    private readonly engine: Engine,
  ) {}

  createTransaction(): NativeTransaction {
    if (this.closed) misuse("a transaction of a closed database");
    return new StandInTransaction(this, this.engine.begin(this.defaults));
  }

  setOption(code: number, value: number | Buffer | null): void {
    count(arguments, 2);
    const number = optionValue(value);
    if (typeof number !== "number") throw new FDBError(2006);
    if (int32(code) === 20) this.maxWatches = number;
    else if (code === 500) this.defaults.timeoutMs = number;
    else if (code === 501) this.defaults.retryLimit = number;
    else if (code === 502) this.defaults.maxRetryDelayMs = number;
    else if (code === 503) this.defaults.sizeLimit = number;
    else throw new FDBError(2007);
  }

  close(): void {
    if (this.closed) misuse("closed twice");
    if (this.pending > 0) misuse("closed before its futures have settled");
    this.closed = true;
  }
}

class StandInTransaction implements NativeTransaction {
  constructor(
    private readonly database: StandInDatabase,
    private readonly tx: Transaction,
  ) {}

  setOption(code: number, value: number | Buffer | null): void {
    count(arguments, 2);
    const option = options.get(int32(code));
    const given = optionValue(value);
    if (option === undefined) throw new FDBError(2007);
    this.call(() => (given === null ? this.tx.setOption(option) : this.tx.setOption(option, given)));
  }

  commit(): Promise<void> {
    count(arguments, 0);
    return this.future(this.tx.commit());
  }

  onError(code: number): Promise<void> {
    count(arguments, 1);
    return this.future(this.tx.onError(int32(code)));
  }

  reset(): void {
    this.tx.reset();
  }

  cancel(): void {
    this.tx.cancel();
  }

  get(key: Buffer, snapshot: boolean): Promise<Buffer | undefined> {
    count(arguments, 2);
    return this.future(this.tx.get(buffer(key), bool(snapshot))) as Promise<Buffer | undefined>;
  }

  getKey(key: Buffer, orEqual: boolean, offset: number, snapshot: boolean): Promise<Buffer> {
    count(arguments, 4);
    return this.future(this.tx.getKey(selector(key, orEqual, offset), bool(snapshot))) as Promise<Buffer>;
  }

  async getRange(
    begin: Buffer,
    beginOrEqual: boolean,
    beginOffset: number,
    end: Buffer,
    endOrEqual: boolean,
    endOffset: number,
    limit: number,
    targetBytes: number,
    mode: number,
    iteration: number,
    snapshot: boolean,
    reverse: boolean,
  ): Promise<NativeRange> {
    count(arguments, 12);
    const { rows, more } = await this.future(
      this.tx.getRange(selector(begin, beginOrEqual, beginOffset), selector(end, endOrEqual, endOffset), {
        limit: int32(limit),
        targetBytes: int32(targetBytes),
        mode: int32(mode) as never,
        iteration: int32(iteration),
        snapshot: bool(snapshot),
        reverse: bool(reverse),
      }),
    );
    return { results: rows as NativeRange["results"], more };
  }

  set(key: Buffer, value: Buffer): void {
    count(arguments, 2);
    this.tx.set(buffer(key), buffer(value));
  }

  clear(key: Buffer): void {
    count(arguments, 1);
    this.tx.clear(buffer(key));
  }

  clearRange(begin: Buffer, end: Buffer): void {
    count(arguments, 2);
    this.tx.clearRange(buffer(begin), buffer(end));
  }

  atomicOp(type: number, key: Buffer, operand: Buffer): void {
    count(arguments, 3);
    this.tx.atomic(int32(type) as never, buffer(key), buffer(operand));
  }

  addReadConflictRange(begin: Buffer, end: Buffer): void {
    count(arguments, 2);
    this.call(() => this.tx.addReadConflictRange(buffer(begin), buffer(end)));
  }

  addWriteConflictRange(begin: Buffer, end: Buffer): void {
    count(arguments, 2);
    this.call(() => this.tx.addWriteConflictRange(buffer(begin), buffer(end)));
  }

  watch(key: Buffer, ignoreStandardErrors: boolean): NativeWatch {
    count(arguments, 2);
    if (bool(ignoreStandardErrors))
      misuse("cancelled and conflicting watches would look as if they had not fired");
    const { module, maxWatches } = this.database;
    module.watchesMade++;
    if (module.watchesPending >= maxWatches) {
      return { promise: this.future(Promise.reject(new EngineError(1032))), cancel: () => {} };
    }
    module.watchesPending++;
    const watch = this.tx.watch(buffer(key));
    const done = (): void => {
      module.watchesPending--;
    };
    watch.promise.then(done, done);
    return { promise: this.future(watch.promise.then(() => true)), cancel: () => watch.cancel() };
  }

  getReadVersion(): Promise<Buffer> {
    count(arguments, 0);
    if (this.database.module.settings.unreachable) return this.future(this.timeout());
    return this.future(this.tx.getReadVersion().then(versionBuffer));
  }

  setReadVersion(version: Buffer): void {
    count(arguments, 1);
    if (buffer(version).length !== 8) misuse("a version of another length");
    this.tx.setReadVersion(version.readBigInt64BE(0));
  }

  getCommittedVersion(): Buffer {
    return versionBuffer(this.tx.getCommittedVersion());
  }

  getVersionstamp(): Promise<Buffer> {
    count(arguments, 0);
    return this.future(this.tx.getVersionstamp()) as Promise<Buffer>;
  }

  getApproximateSize(): Promise<number> {
    count(arguments, 0);
    return this.future(this.tx.getApproximateSize());
  }

  getEstimatedRangeSizeBytes(begin: Buffer, end: Buffer): Promise<number> {
    count(arguments, 2);
    return this.future(this.tx.getEstimatedRangeSizeBytes(buffer(begin), buffer(end)));
  }

  getRangeSplitPoints(begin: Buffer, end: Buffer, chunkBytes: number): Promise<Buffer[]> {
    count(arguments, 3);
    return this.future(this.tx.getRangeSplitPoints(buffer(begin), buffer(end), int32(chunkBytes))) as Promise<
      Buffer[]
    >;
  }

  /** The client's own timeout, without a cluster to answer earlier. */
  private timeout(): Promise<never> {
    return new Promise((_, reject) => {
      setTimeout(() => reject(new EngineError(1031)), 20);
    });
  }

  private async future<T>(work: Promise<T>): Promise<T> {
    this.database.pending++;
    try {
      return await work;
    } catch (error) {
      throw native(error);
    } finally {
      this.database.pending--;
    }
  }

  private call(call: () => void): void {
    try {
      call();
    } catch (error) {
      throw native(error);
    }
  }
}

function selector(key: Buffer, orEqual: boolean, offset: number): KeySelector {
  return { key: buffer(key), orEqual: bool(orEqual), offset: int32(offset) };
}

const native = (error: unknown): unknown =>
  error instanceof EngineError ? new FDBError(error.fdbCode) : error;
