/** The options of `repo.transactional` and their checks. */

import { InvalidOptionsError } from "../../errors.js";
import { showValue } from "../../schema/index.js";
import { checkOptions } from "./check-options.js";

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
  /** Reads take no part in conflicts: they may be outdated when the transaction commits. */
  readonly snapshot?: boolean;
  /** Writes a key of its own, by which a retry after a commit of unknown outcome knows that it has been applied. */
  readonly exactlyOnce?: boolean;
  /** `"version"`: the call gives `{ value, version }`, for reading one's own writes through Sync. */
  readonly returning?: "value" | "version";
}

const transactionNames: ReadonlySet<string> = new Set([
  "timeoutMs",
  "retryLimit",
  "maxRetryDelayMs",
  "priority",
  "snapshot",
  "exactlyOnce",
  "returning",
]);

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
export function checkTransactionOptions(options: TransactionOptions): void {
  checkLimits(options, "transactional", transactionNames);
  const { snapshot, exactlyOnce, returning } = options;
  for (const [name, value] of Object.entries({ snapshot, exactlyOnce })) {
    if (value === undefined || typeof value === "boolean") continue;
    throw new InvalidOptionsError(`${name} is true or false, not ${showValue(value)}.`);
  }
  if (returning !== undefined && returning !== "value" && returning !== "version") {
    throw new InvalidOptionsError(`returning is "value" or "version", not ${showValue(returning)}.`);
  }
}
