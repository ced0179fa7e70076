/** The native layer of the npm package `foundationdb` (2.0.1), as far as the adapter uses it.
 *
 * Declared here and not imported, so that Plinth type-checks without the package. The binding checks little:
 * a wrong type aborts the process or is read as something else. Everything that goes through these calls has
 * been checked by `arguments.ts`.
 */

export interface NativeModule {
  /** May be called with one version for a process; throws FDBError 2201 or 2203. */
  setAPIVersionImpl(version: number, headerVersion: number): void;
  startNetwork(): void;
  stopNetwork(): void;
  /** `null` is the default cluster file; a path is cut off after 1,023 bytes. */
  createDatabase(clusterFile: string | null): NativeDatabase;
  errorPredicate(test: number, code: number): boolean;
}

export interface NativeDatabase {
  createTransaction(): NativeTransaction;
  setOption(code: number, value: number | Buffer | null): void;
  /** Throws when called twice. */
  close(): void;
}

export interface NativeWatch {
  /** Rejects with an FDBError, handled or not. */
  readonly promise: Promise<boolean>;
  cancel(): void;
}

export interface NativeRange {
  readonly results: readonly (readonly [key: Buffer, value: Buffer])[];
  readonly more: boolean;
}

/** All of its promises take a callback instead when one is passed; that leaks, so none ever is. */
export interface NativeTransaction {
  setOption(code: number, value: number | Buffer | null): void;
  commit(): Promise<unknown>;
  onError(code: number): Promise<unknown>;
  reset(): void;
  cancel(): void;
  get(key: Buffer, snapshot: boolean): Promise<Buffer | undefined>;
  getKey(key: Buffer, orEqual: boolean, offset: number, snapshot: boolean): Promise<Buffer>;
  getRange(
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
  ): Promise<NativeRange>;
  set(key: Buffer, value: Buffer): void;
  clear(key: Buffer): void;
  clearRange(begin: Buffer, end: Buffer): void;
  atomicOp(type: number, key: Buffer, operand: Buffer): void;
  /** Throws FDBError 2005 at once. */
  addReadConflictRange(begin: Buffer, end: Buffer): void;
  addWriteConflictRange(begin: Buffer, end: Buffer): void;
  /** With `false` every error rejects; with `true` some resolve to false instead. */
  watch(key: Buffer, ignoreStandardErrors: boolean): NativeWatch;
  /** Eight bytes, big endian, as all versions here. */
  getReadVersion(): Promise<Buffer>;
  setReadVersion(version: Buffer): void;
  getCommittedVersion(): Buffer;
  getVersionstamp(): Promise<Buffer>;
  getApproximateSize(): Promise<number>;
  getEstimatedRangeSizeBytes(begin: Buffer, end: Buffer): Promise<number>;
  getRangeSplitPoints(begin: Buffer, end: Buffer, chunkBytes: number): Promise<Buffer[]>;
}
