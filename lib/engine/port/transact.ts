/** The retry loop: runs code in a transaction, again and again until it commits or must not. */

import type { Engine, Transaction, TransactionDefaults, TransactionOption } from "./engine.js";
import { type Attempt, EngineError } from "./engine-error.js";

/** Options of `transact` and `runTransaction`. */
export interface TransactOptions extends TransactionDefaults {
  /** Options that FoundationDB forgets at each retry; set again on every attempt. Default: none. */
  readonly options?: Readonly<Partial<Record<TransactionOption, true | number | string | Uint8Array>>>;
  /** Aborting cancels the attempt in flight; the call rejects with the signal's reason. Default: none. */
  readonly signal?: AbortSignal;
  /** Called before each attempt, counted from 1; may set further options on the transaction. Default: nothing is. */
  readonly onAttempt?: (attempt: number, tx: Transaction) => void | Promise<void>;
  /**
   * `false` ends the loop although the engine would retry (for example on an unknown commit); `attempt` counts from 1.
   * Default: as the engine says.
   */
  readonly shouldRetry?: (error: EngineError, attempt: number) => boolean | Promise<boolean>;
  /**
   * Called after the commit, before the call resolves; its error is the call's although the commit stands. Default: nothing
   * is.
   */
  readonly onCommitted?: (outcome: Outcome<unknown>, tx: Transaction) => void | Promise<void>;
}

/** What a transaction came to. */
export interface Outcome<T> {
  /** What the body gave in the attempt that committed. */
  readonly value: T;
  /** -1n when the transaction wrote nothing. */
  readonly committedVersion: bigint;
  /** Tries it took, the successful one included. */
  readonly attempts: number;
  /** The tries that failed, oldest first. */
  readonly history: readonly Attempt[];
}

/**
 * Runs `body` in a transaction, commits, and runs it again from the start when the engine says so: the one retry loop of
 * Plinth.
 *
 * An error of `body` that is not an `EngineError` cancels the transaction and propagates at once. A failed read that `body`
 * ignored still fails the commit. The error that ends the loop carries its history in `attempts`.
 *
 * @example
 * const value = await transact(engine, async (tx) => tx.get(tenant.pack(["theme"])));
 * @throws EngineError that is not to be retried, what `body` throws, and the reason of the signal
 */
export async function transact<T>(
  engine: Engine,
  body: (tx: Transaction) => Promise<T>,
  options: TransactOptions = {},
): Promise<T> {
  return (await runTransaction(engine, body, options)).value;
}

/**
 * As `transact`, with the commit version and the attempts beside the value.
 *
 * @example const { committedVersion, attempts } = await runTransaction(engine, async (tx) => tx.set(tenant.pack(["theme"]), Buffer.from("dark")));
 * @throws as `transact`
 */
export async function runTransaction<T>(
  engine: Engine,
  body: (tx: Transaction) => Promise<T>,
  options: TransactOptions = {},
): Promise<Outcome<T>> {
  const { signal } = options;
  signal?.throwIfAborted();
  const tx = engine.begin(defaultsOf(options));
  const outcome =
    signal === undefined ? await attempts(tx, body, options) : await abortable(tx, body, options, signal);
  if (options.onCommitted !== undefined) await options.onCommitted(outcome, tx);
  return outcome;
}

async function abortable<T>(
  tx: Transaction,
  body: (tx: Transaction) => Promise<T>,
  options: TransactOptions,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const abort = (): void => tx.cancel();
  signal.addEventListener("abort", abort, { once: true });
  try {
    return await attempts(tx, body, options);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

async function attempts<T>(
  tx: Transaction,
  body: (tx: Transaction) => Promise<T>,
  options: TransactOptions,
): Promise<Outcome<T>> {
  const history: Attempt[] = [];
  for (let attempt = 1; ; attempt++) {
    const startedAt = Date.now();
    try {
      applyOptions(tx, options);
      if (options.onAttempt !== undefined) await options.onAttempt(attempt, tx);
      const value = await body(tx);
      await tx.commit();
      return { value, committedVersion: tx.getCommittedVersion(), attempts: attempt, history };
    } catch (error) {
      if (options.signal?.aborted) throw options.signal.reason;
      if (!(error instanceof EngineError)) {
        tx.cancel();
        throw error;
      }
      history.push({
        code: error.fdbCode,
        startedAt: new Date(startedAt),
        durationMs: Date.now() - startedAt,
      });
      if (options.shouldRetry !== undefined && !(await options.shouldRetry(error, attempt))) {
        tx.cancel();
        throw withHistory(error, history);
      }
      await retry(tx, error, history, options.signal);
    }
  }
}

async function retry(
  tx: Transaction,
  error: EngineError,
  history: readonly Attempt[],
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await tx.onError(error);
  } catch (final) {
    if (signal?.aborted) throw signal.reason;
    throw withHistory(final, history);
  }
}

function withHistory(error: unknown, history: readonly Attempt[]): unknown {
  if (error instanceof EngineError) error.attempts = Object.freeze([...history]);
  return error;
}

function defaultsOf(options: TransactOptions): TransactionDefaults | undefined {
  const { timeoutMs, retryLimit, maxRetryDelayMs, sizeLimit } = options;
  if (
    timeoutMs === undefined &&
    retryLimit === undefined &&
    maxRetryDelayMs === undefined &&
    sizeLimit === undefined
  )
    return undefined;
  return {
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(retryLimit === undefined ? {} : { retryLimit }),
    ...(maxRetryDelayMs === undefined ? {} : { maxRetryDelayMs }),
    ...(sizeLimit === undefined ? {} : { sizeLimit }),
  };
}

function applyOptions(tx: Transaction, { options }: TransactOptions): void {
  if (options === undefined) return;
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (value === true) tx.setOption(name as TransactionOption);
    else tx.setOption(name as TransactionOption, value);
  }
}
