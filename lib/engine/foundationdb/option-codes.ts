/** FoundationDB's codes of options, and the values that the binding takes for them. */

import type { TransactionOption } from "../port/index.js";
import { EngineError } from "../port/index.js";

/** What the option takes; see `fdb.options` of FoundationDB. */
type Kind = "flag" | "integer" | "bytes";

const options: Readonly<Record<TransactionOption, readonly [code: number, kind: Kind]>> = {
  causalWriteRisky: [10, "flag"],
  causalReadRisky: [20, "flag"],
  nextWriteNoWriteConflictRange: [30, "flag"],
  readYourWritesDisable: [51, "flag"],
  prioritySystemImmediate: [200, "flag"],
  priorityBatch: [201, "flag"],
  accessSystemKeys: [301, "flag"],
  readSystemKeys: [302, "flag"],
  debugTransactionIdentifier: [403, "bytes"],
  timeout: [500, "integer"],
  retryLimit: [501, "integer"],
  maxRetryDelay: [502, "integer"],
  sizeLimit: [503, "integer"],
  snapshotRywEnable: [600, "flag"],
  snapshotRywDisable: [601, "flag"],
  lockAware: [700, "flag"],
  usedDuringCommitProtectionDisable: [701, "flag"],
  readLockAware: [702, "flag"],
  reportConflictingKeys: [712, "flag"],
  tag: [800, "bytes"],
  autoThrottleTag: [801, "bytes"],
  bypassUnreadable: [1100, "flag"],
};

/** Database options; those of transactions are the defaults of every transaction. */
export const DatabaseOption = {
  maxWatches: 20,
  timeout: 500,
  retryLimit: 501,
  maxRetryDelay: 502,
  sizeLimit: 503,
} as const;

/** Stands for a value of the wrong kind: outside every option's range, so that FoundationDB reports 2006. */
const OUT_OF_RANGE = -2;

/**
 * Code and value of an option, for the binding. A value of the wrong kind is replaced by one that FoundationDB
 * refuses: text of eight bytes, for one, would be taken for an integer.
 *
 * @throws EngineError 2007 for an option that is not one
 */
export function nativeOption(
  option: TransactionOption,
  value: number | string | Uint8Array | undefined,
): readonly [code: number, value: number | Buffer | null] {
  const known = Object.hasOwn(options, option) ? options[option] : undefined;
  if (known === undefined) throw new EngineError(2007, String(option));
  const [code, kind] = known;
  if (value === undefined) return [code, null];
  if (kind === "bytes") {
    if (typeof value === "number") return [code, null];
    return [code, typeof value === "string" ? Buffer.from(value, "utf8") : Buffer.from(value)];
  }
  const fits = kind === "integer" && typeof value === "number" && Number.isSafeInteger(value);
  return [code, fits ? value : OUT_OF_RANGE];
}
