/** The options of one transaction: their checks, their values, and which of them a retry keeps. */

import type { TransactionDefaults, TransactionOption } from "../../port/index.js";
import { EngineError } from "../../port/index.js";

const MAX_INT = 0x7fff_ffff;
export const SIZE_LIMIT = 10_000_000;

type Numeric = "timeout" | "retryLimit" | "maxRetryDelay" | "sizeLimit";
const numeric: Readonly<Record<Numeric, readonly [min: number, max: number]>> = {
  timeout: [0, MAX_INT],
  retryLimit: [-1, MAX_INT],
  maxRetryDelay: [0, MAX_INT],
  sizeLimit: [32, SIZE_LIMIT],
};

/** Options without a value; those that `setFlag` passes over are hints to a cluster. */
const flags = new Set<TransactionOption>([
  "readYourWritesDisable",
  "snapshotRywEnable",
  "snapshotRywDisable",
  "nextWriteNoWriteConflictRange",
  "bypassUnreadable",
  "usedDuringCommitProtectionDisable",
  "causalReadRisky",
  "causalWriteRisky",
  "accessSystemKeys",
  "readSystemKeys",
  "lockAware",
  "readLockAware",
  "prioritySystemImmediate",
  "priorityBatch",
  "reportConflictingKeys",
]);
const texts = new Set<TransactionOption>(["tag", "autoThrottleTag", "debugTransactionIdentifier"]);

export class TransactionOptions {
  timeoutMs = 0;
  retryLimit = -1;
  maxRetryDelayMs = 1000;
  sizeLimit = SIZE_LIMIT;

  readYourWrites = true;
  /** Snapshot reads see own writes while this is positive. */
  snapshotRyw = 1;
  nextWriteNoConflict = false;
  bypassUnreadable = false;
  commitProtection = true;
  causalWriteRisky = false;
  systemAccess: "none" | "read" | "write" = "none";
  reportConflictingKeys = false;
  readLockAware = false;
  lockAware = false;
  private tags = 0;

  constructor(private readonly defaults: TransactionDefaults) {
    if (defaults.timeoutMs !== undefined) this.timeoutMs = defaults.timeoutMs;
    if (defaults.retryLimit !== undefined) this.retryLimit = defaults.retryLimit;
    if (defaults.maxRetryDelayMs !== undefined) this.maxRetryDelayMs = defaults.maxRetryDelayMs;
    if (defaults.sizeLimit !== undefined) this.sizeLimit = defaults.sizeLimit;
  }

  /** As `onError` leaves them: timeout, retry limit and delay stay, everything else starts over. */
  afterError(): TransactionOptions {
    const next = new TransactionOptions(this.defaults);
    next.timeoutMs = this.timeoutMs;
    next.retryLimit = this.retryLimit;
    next.maxRetryDelayMs = this.maxRetryDelayMs;
    return next;
  }

  /** Throws EngineError 2006 for a bad value (kept by the transaction) and 2007 for an option nobody knows. */
  set(option: TransactionOption, value: number | string | Uint8Array | undefined): void {
    if (option in numeric) {
      const name = option as Numeric;
      const [min, max] = numeric[name];
      if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
        throw new EngineError(2006, `${option} takes an integer from ${min} to ${max}`);
      }
      this.setNumber(name, value);
    } else if (flags.has(option)) {
      if (value !== undefined) throw new EngineError(2006, `${option} takes no value`);
      this.setFlag(option);
    } else if (texts.has(option)) {
      if (value === undefined || typeof value === "number")
        throw new EngineError(2006, `${option} takes a string`);
      if (option !== "debugTransactionIdentifier") this.addTag(value);
    } else throw new EngineError(2007, String(option));
  }

  private setNumber(name: Numeric, value: number): void {
    if (name === "timeout") this.timeoutMs = value;
    else if (name === "retryLimit") this.retryLimit = value;
    else if (name === "maxRetryDelay") this.maxRetryDelayMs = value;
    else this.sizeLimit = value;
  }

  private setFlag(option: TransactionOption): void {
    switch (option) {
      case "readYourWritesDisable":
        this.readYourWrites = false;
        break;
      case "snapshotRywEnable":
        this.snapshotRyw++;
        break;
      case "snapshotRywDisable":
        this.snapshotRyw--;
        break;
      case "nextWriteNoWriteConflictRange":
        this.nextWriteNoConflict = true;
        break;
      case "bypassUnreadable":
        this.bypassUnreadable = true;
        break;
      case "usedDuringCommitProtectionDisable":
        this.commitProtection = false;
        break;
      case "reportConflictingKeys":
        this.reportConflictingKeys = true;
        break;
      case "causalWriteRisky":
        this.causalWriteRisky = true;
        break;
      case "accessSystemKeys":
        this.systemAccess = "write";
        break;
      case "readSystemKeys":
        if (this.systemAccess === "none") this.systemAccess = "read";
        break;
      case "lockAware":
        this.lockAware = true;
        this.readLockAware = false;
        break;
      case "readLockAware":
        if (!this.lockAware) this.readLockAware = true;
        break;
    }
  }

  private addTag(tag: string | Uint8Array): void {
    if (Buffer.byteLength(tag) > 16) throw new EngineError(2110);
    if (++this.tags > 5) throw new EngineError(2109);
  }
}
