/** Opens the engine of a cluster: loads the client, connects, and waits for the first answer. */

import type { Engine, TransactionDefaults } from "../port/index.js";
import { int32 } from "./arguments.js";
import { clusterFileOf } from "./cluster-file.js";
import { FoundationDBEngine } from "./engine.js";
import { fromNative } from "./failure.js";
import { loadNative } from "./load-native.js";
import type { NativeDatabase, NativeModule } from "./native.js";
import { DatabaseOption } from "./option-codes.js";
import { probe, unreachable } from "./probe.js";
import { startClient } from "./start-client.js";

export interface FoundationDBOptions extends TransactionDefaults {
  /** Milliseconds until a transaction rejects with 1031, retries included. Default 60,000; 0 is never. */
  readonly timeoutMs?: number;
  /** Milliseconds that the cluster has for its first answer. Default 5,000. */
  readonly connectTimeoutMs?: number;
  /** Watches outstanding at once before `too_many_watches`. Default 10,000, at most 1,000,000. */
  readonly maxWatches?: number;
  /** The binding, for tests; default the one of the installed package. */
  readonly native?: NativeModule;
}

/**
 * Opens a FoundationDB cluster: `fdb:` by the default cluster file, `fdb:/path/fdb.cluster` by that one.
 *
 * Needs the npm package `foundationdb` 2.x and FoundationDB's client library 7.1 or later.
 *
 * @throws EngineUnavailableError whose `missing` says which of the package, the client library and the cluster is
 */
export async function openFoundationDB(url: string, options: FoundationDBOptions = {}): Promise<Engine> {
  const clusterFile = clusterFileOf(url);
  const native = options.native ?? loadNative();
  startClient(native);
  const database = create(native, clusterFile);
  try {
    applyOptions(database, options);
    await probe(database, clusterFile, int32(options.connectTimeoutMs ?? 5_000, "connectTimeoutMs"));
  } catch (error) {
    database.close();
    throw fromNative(error);
  }
  return new FoundationDBEngine(clusterFile === null ? "fdb:" : `fdb:${clusterFile}`, database);
}

function create(native: NativeModule, clusterFile: string | null): NativeDatabase {
  try {
    return native.createDatabase(clusterFile);
  } catch (error) {
    throw unreachable(clusterFile, error);
  }
}

function applyOptions(database: NativeDatabase, options: FoundationDBOptions): void {
  const { timeoutMs = 60_000, retryLimit, maxRetryDelayMs, sizeLimit, maxWatches } = options;
  const set = (code: number, value: number | undefined, name: string): void => {
    if (value !== undefined) database.setOption(code, int32(value, name));
  };
  set(DatabaseOption.timeout, timeoutMs, "timeoutMs");
  set(DatabaseOption.retryLimit, retryLimit, "retryLimit");
  set(DatabaseOption.maxRetryDelay, maxRetryDelayMs, "maxRetryDelayMs");
  set(DatabaseOption.sizeLimit, sizeLimit, "sizeLimit");
  set(DatabaseOption.maxWatches, maxWatches, "maxWatches");
}
