/** The options of `repo.transactional` and their checks. */

import { InvalidOptionsError } from "../../errors.js";
import { showValue } from "../../schema/index.js";
import { checkOptions } from "../options/index.js";

/** Limits of a transaction. */
export interface TransactionDefaultOptions {
  /** Milliseconds from the start until the transaction gives up, all attempts together; default: no limit. */
  readonly timeoutMs?: number;
  /** Retries after the first attempt; default: no limit. */
  readonly retryLimit?: number;
  /** Milliseconds; the cap of the growing delay between attempts. Default 1,000. */
  readonly maxRetryDelayMs?: number;
  /** `"batch"` yields to other work, `"immediate"` goes before it. Default `"default"`. */
  readonly priority?: "default" | "batch" | "immediate";
}

/** Options of `repo.transactional`. */
export interface TransactionOptions extends TransactionDefaultOptions {
  /** Reads take no part in conflicts: they may be outdated when the transaction commits. Default false. */
  readonly snapshot?: boolean;
  /**
   * Writes a key of its own, by which a retry after a commit of unknown outcome knows that it has been applied. Default
   * false.
   */
  readonly exactlyOnce?: boolean;
  /**
   * Names a request, so that one that comes again (a client that heard no answer, a job that is delivered twice) gets the
   * first result, and the function does not run. Default: none.
   *
   * What the function gives is stored in the same transaction, so it must be plain data; one that fails or rolls back
   * stores nothing. Text of 1 to 1,000 bytes of UTF-8.
   */
  readonly idempotencyKey?: string;
  /** Milliseconds for which the result of `idempotencyKey` is kept; default 86,400,000, a day. */
  readonly keepMs?: number;
  /** `"version"`: the call gives `{ value, version }`, for reading one's own writes through Sync. Default `"value"`. */
  readonly returning?: "value" | "version";
}

const transactionNames: ReadonlySet<string> = new Set([
  "timeoutMs",
  "retryLimit",
  "maxRetryDelayMs",
  "priority",
  "snapshot",
  "exactlyOnce",
  "idempotencyKey",
  "keepMs",
  "returning",
]);

/** A result says itself what it is; there is no version beside it. */
const transactNames: ReadonlySet<string> = new Set(
  [...transactionNames].filter((name) => name !== "returning"),
);

const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;

const limitNames: ReadonlySet<string> = new Set(["timeoutMs", "retryLimit", "maxRetryDelayMs", "priority"]);

/** @throws InvalidOptionsError for an unknown limit or a value that cannot work */
export function checkLimits(options: TransactionDefaultOptions, operation: string, known = limitNames): void {
  checkOptions(operation, options, known);
  const { timeoutMs, retryLimit, maxRetryDelayMs, priority } = options;
  for (const [name, value] of Object.entries({ timeoutMs, retryLimit, maxRetryDelayMs })) {
    if (value === undefined || isCount(value)) continue;
    throw new InvalidOptionsError(`${name} is a whole number of at least 0, not ${showValue(value)}.`);
  }
  if (priority !== undefined && !["default", "batch", "immediate"].includes(priority)) {
    throw new InvalidOptionsError(
      `priority is "default", "batch" or "immediate", not ${showValue(priority)}.`,
    );
  }
}

/** @throws InvalidOptionsError for an unknown option or a value that cannot work */
export function checkTransactionOptions(
  options: TransactionOptions,
  operation: "transactional" | "transact",
): void {
  checkLimits(options, operation, operation === "transact" ? transactNames : transactionNames);
  const { snapshot, exactlyOnce, returning } = options;
  for (const [name, value] of Object.entries({ snapshot, exactlyOnce })) {
    if (value === undefined || typeof value === "boolean") continue;
    throw new InvalidOptionsError(`${name} is true or false, not ${showValue(value)}.`);
  }
  checkRequest(options);
  if (returning !== undefined && returning !== "value" && returning !== "version") {
    throw new InvalidOptionsError(`returning is "value" or "version", not ${showValue(returning)}.`);
  }
}

function checkRequest({ idempotencyKey, keepMs }: TransactionOptions): void {
  if (idempotencyKey !== undefined) {
    const bytes = typeof idempotencyKey === "string" ? Buffer.byteLength(idempotencyKey) : 0;
    if (bytes === 0 || bytes > 1_000) {
      throw new InvalidOptionsError(
        `idempotencyKey is text of 1 to 1,000 bytes that the client has chosen for its request, not ${showValue(idempotencyKey)}.`,
      );
    }
  }
  if (keepMs === undefined) return;
  if (!isCount(keepMs) || keepMs === 0) {
    throw new InvalidOptionsError(`keepMs is a whole number of milliseconds, not ${showValue(keepMs)}.`);
  }
  if (idempotencyKey === undefined) {
    throw new InvalidOptionsError(
      "keepMs says how long the result of a request is kept; it needs an idempotencyKey.",
    );
  }
}
