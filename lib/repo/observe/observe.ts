import { AsyncLocalStorage } from "node:async_hooks";
import { tracingChannel } from "node:diagnostics_channel";
import { isChangeset } from "../../changeset/index.js";
import type { RangeBatch, Transaction } from "../../engine/index.js";
import { astOf } from "../../query/index.js";
import { isSchema, type SchemaClass, schemaOf } from "../../schema/index.js";
import type { RepoCore } from "../transaction/index.js";
import type { Logger } from "./logger.js";

/** What the channel `plinth:operation` tells; facts that come later are undefined until the operation ends. */
export interface OperationTrace {
  /** The method of the Repo: `get`, `insert`, `all`, … */
  readonly operation: string;
  /** The class; undefined for a query on a source name. */
  readonly schema: string | undefined;
  readonly source: string | undefined;
  /** The store's kind: `"embedded"` or `"foundationdb"`. */
  system: string | undefined;
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
  readVersion: bigint | undefined;
  durationMs: number | undefined;
  error?: unknown;
}

/** What the channel `plinth:transaction` tells of `repo.transactional`. */
export interface TransactionTrace {
  readonly tenant: string;
  /** The store's kind: `"embedded"` or `"foundationdb"`. */
  system: string | undefined;
  attempts: number;
  readVersion: bigint | undefined;
  /** -1n when nothing was written. */
  commitVersion: bigint | undefined;
  durationMs: number | undefined;
  error?: unknown;
}

/** `tracing:plinth:operation:start`, `:end`, `:asyncStart`, `:asyncEnd` and `:error`. */
export const operationChannel = tracingChannel<unknown, OperationTrace>("plinth:operation");
/** As the operations' channel, for transactions with all of their attempts. */
export const transactionChannel = tracingChannel<unknown, TransactionTrace>("plinth:transaction");

const current = new AsyncLocalStorage<OperationTrace>();

/** The operation that the running code is part of, when anybody is interested. */
export const currentTrace = (): OperationTrace | undefined => current.getStore();

function subjectOf(value: unknown): {
  readonly schema: string | undefined;
  readonly source: string | undefined;
} {
  try {
    if (typeof value === "string") return { schema: undefined, source: value };
    if (typeof value === "function" && isSchema(value as SchemaClass)) return factsOf(value as SchemaClass);
    if (isChangeset(value)) return factsOf(value.data.constructor as SchemaClass);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === "object" && first !== null && isSchema(first.constructor as SchemaClass)) {
      return factsOf(first.constructor as SchemaClass);
    }
    const { info, source } = astOf(value as object);
    return { schema: info?.name, source };
  } catch {
    // Arguments that are no query are refused by the operation itself.
    return { schema: undefined, source: undefined };
  }
}

function factsOf(schema: SchemaClass) {
  const { name, source } = schemaOf(schema);
  return { schema: name, source };
}

function rowsIn(result: unknown): number {
  if (result === null || result === undefined || result === false) return 0;
  if (Array.isArray(result)) return result.length;
  if (typeof result !== "object") return 1;
  if ("count" in result && typeof result.count === "number") return result.count;
  if ("rows" in result && Array.isArray(result.rows)) return result.rows.length;
  return 1;
}

/** Runs an operation, telling the channel and the logger about it when anybody listens. */
export function observed<T>(
  operation: string,
  subject: unknown,
  { logger, opened }: Pick<RepoCore, "logger" | "opened">,
  run: () => Promise<T>,
): Promise<T> {
  if (logger === undefined && !operationChannel.hasSubscribers) return run();
  const trace: OperationTrace = {
    operation,
    ...subjectOf(subject),
    system: opened?.kind,
    tenant: undefined,
    index: undefined,
    rows: undefined,
    bytes: 0,
    requests: 0,
    attempts: 0,
    readVersion: undefined,
    durationMs: undefined,
  };
  const started = performance.now();
  const timed = async () => {
    try {
      const result = await run();
      trace.rows ??= rowsIn(result);
      return result;
    } finally {
      trace.durationMs = performance.now() - started;
    }
  };
  const told = operationChannel.tracePromise(() => current.run(trace, timed), trace) as Promise<T>;
  return logger === undefined ? told : logged(told, trace, logger);
}

async function logged<T>(told: Promise<T>, trace: OperationTrace, logger: Logger): Promise<T> {
  const { operation, source } = trace;
  const name = source === undefined ? operation : `${operation} ${source}`;
  try {
    const result = await told;
    logger.debug(factsFor(trace), name);
    return result;
  } catch (error) {
    logger.debug({ ...factsFor(trace), err: error }, `${name} failed`);
    throw error;
  }
}

function factsFor({
  operation,
  schema,
  source,
  tenant,
  index,
  rows,
  bytes,
  requests,
  attempts,
  readVersion,
  durationMs,
}: OperationTrace) {
  return {
    operation,
    schema,
    source,
    tenant,
    index,
    rows,
    bytes,
    requests,
    attempts,
    readVersion: readVersion?.toString(),
    durationMs,
  };
}

/** Adds what a read returned to the operation that asked for it. */
function note(trace: OperationTrace | undefined, bytes: number): void {
  if (trace === undefined) return;
  trace.requests++;
  trace.bytes += bytes;
}

const batchBytes = ({ rows }: RangeBatch) =>
  rows.reduce((sum, [key, value]) => sum + key.length + value.length, 0);

/** A transaction whose reads are added to the operations that make them. */
export function countingReads(tx: Transaction): Transaction {
  return new Proxy(tx, {
    get(target, name) {
      if (name === "get") {
        return async (key: Uint8Array, snapshot?: boolean) => {
          const trace = currentTrace();
          const value = await target.get(key, snapshot);
          if (key[0] !== 0xff) note(trace, value?.length ?? 0);
          return value;
        };
      }
      if (name === "getRange") {
        return async (...args: Parameters<Transaction["getRange"]>) => {
          const trace = currentTrace();
          const batch = await target.getRange(...args);
          note(trace, batchBytes(batch));
          return batch;
        };
      }
      const value = target[name as keyof Transaction] as unknown;
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Whether operations are to be told about. */
export const isObserved = (logger: Logger | undefined): boolean =>
  logger !== undefined || operationChannel.hasSubscribers;

/** Runs a transaction, telling its channel about it. */
export function observedTransaction<T>(
  tenant: string,
  system: string | undefined,
  run: (trace: TransactionTrace | undefined) => Promise<T>,
): Promise<T> {
  if (!transactionChannel.hasSubscribers) return run(undefined);
  const trace: TransactionTrace = {
    tenant,
    system,
    attempts: 0,
    readVersion: undefined,
    commitVersion: undefined,
    durationMs: undefined,
  };
  const started = performance.now();
  const timed = async () => {
    try {
      return await run(trace);
    } finally {
      trace.durationMs = performance.now() - started;
    }
  };
  return transactionChannel.tracePromise(timed, trace) as Promise<T>;
}
