import type { Engine, TransactionDefaults } from "../../lib/engine/engine.js";
import type {
  NativeDatabase,
  NativeModule,
  NativeTransaction,
} from "../../lib/engine/foundationdb/native.js";
/** A call that would abort the process with the real binding, hang it, or be read as something else. */
export declare class NativeMisuse extends Error {}
/** The binding's own error class. */
export declare class FDBError extends Error {
  readonly code: number;
  constructor(code: number);
}
export interface StandInSettings {
  /** Of the client library; the binding itself is compiled for 720. */
  readonly maxApiVersion?: number;
  /** Errors that `createDatabase` throws or `getReadVersion` never settles after. */
  readonly noClusterFile?: boolean;
  readonly unreachable?: boolean;
}
/** Stands in for the native layer of the package `foundationdb`, with an engine in place of the cluster. */
export declare class StandIn implements NativeModule {
  readonly settings: StandInSettings;
  apiVersion: number;
  headerVersion: number;
  networkRuns: boolean;
  /** Of databases that are created from now on. */
  engine: Engine;
  /** Watches ever made, and those that have not settled. */
  watchesMade: number;
  watchesPending: number;
  readonly databases: StandInDatabase[];
  constructor(engine: Engine, settings?: StandInSettings);
  /** Futures that have not settled, of all databases. */
  get pending(): number;
  setAPIVersionImpl(version: number, headerVersion: number): void;
  startNetwork(): void;
  stopNetwork(): void;
  createDatabase(clusterFile: string | null): NativeDatabase;
  errorPredicate(test: number, code: number): boolean;
}
declare class StandInDatabase implements NativeDatabase {
  readonly module: StandIn;
  private readonly engine;
  closed: boolean;
  pending: number;
  maxWatches: number;
  readonly defaults: {
    -readonly [K in keyof TransactionDefaults]: TransactionDefaults[K];
  };
  constructor(module: StandIn, engine: Engine);
  createTransaction(): NativeTransaction;
  setOption(code: number, value: number | Buffer | null): void;
  close(): void;
}
