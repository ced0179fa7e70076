/** Defines what is told of an operation of a Repo, and keeps it around the code that runs the operation. */

import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import type { Logger } from "./logger.js";

/** What the channel `plinth:operation` tells; facts that come later are undefined until the operation ends. */
export interface OperationTrace {
  /** The method of the Repo: `get`, `insert`, `all`, … */
  readonly operation: string;
  /** The class; undefined for a query on a source name. */
  readonly schema: string | undefined;
  /** The source whose records it is about. */
  readonly source: string | undefined;
  /** The store's kind: `"embedded"` or `"foundationdb"`. */
  system: string | undefined;
  /** The id of the tenant. */
  tenant: string | undefined;
  /** The index that a query used; undefined for the records themselves. */
  index: string | undefined;
  /** Rows returned or written. */
  rows: number | undefined;
  /** Bytes of keys and values that were read. */
  bytes: number;
  /** Point reads and range reads. */
  requests: number;
  /** Attempts of its transaction so far. */
  attempts: number;
  /** The version that it read at. */
  readVersion: bigint | undefined;
  /** Milliseconds that it took. */
  durationMs: number | undefined;
  /** The option `log` of the call. */
  log?: false | "debug" | "info" | "warn" | "error";
  /** The option `telemetry` of the call. */
  telemetry?: Readonly<Record<string, unknown>>;
  /** What it threw; absent when it succeeded. */
  error?: unknown;
}

/** `tracing:plinth:operation:start`, `:end`, `:asyncStart`, `:asyncEnd` and `:error`. */
export const operationChannel = tracingChannel<unknown, OperationTrace>("plinth:operation");

const current = new AsyncLocalStorage<OperationTrace>();

/** The operation that the running code is part of, when anybody is interested. */
export const currentTrace = (): OperationTrace | undefined => current.getStore();

/** Runs a function as a part of the operation. */
export const runTraced = <T>(trace: OperationTrace, fn: () => T): T => current.run(trace, fn);

/** Whether operations are to be told about. */
export const isObserved = (logger: Logger | undefined): boolean =>
  logger !== undefined || operationChannel.hasSubscribers;
