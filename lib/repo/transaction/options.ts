import type { Engine } from "../../engine/index.js";
import { InvalidOptionsError } from "../../errors.js";
import type { Migration } from "../../migration/index.js";
import { showValue } from "../../schema/index.js";
import { Tenant } from "../../tenant/index.js";
import type { Logger } from "../observe/index.js";

/** A migration and its version: `[1, Catalog]`. */
export type MigrationEntry = readonly [version: number, migration: new () => Migration];

/** What `new Repo` takes. */
export interface RepoOptions {
  /** The store: `"embedded:./data"`, `"memory:"` or `"fdb:"`. The environment variable `PLINTH_URL` goes before it. */
  readonly url?: string;
  /** An opened engine in place of a URL; it is not closed with the Repo. */
  readonly engine?: Engine;
  /** Name of the application's directory: tenants of different storage ids do not meet. */
  readonly storageId: string;
  /** Applied to each tenant when it is opened, in ascending order of version. */
  readonly migrations?: readonly MigrationEntry[];
  /** Makes a single-tenant Repo: this tenant is opened (or created) on first use, and no other is accepted. */
  readonly tenantId?: string;
  readonly logger?: Logger;
  /** Defaults for every transaction of the Repo. */
  readonly transaction?: TransactionDefaultOptions;
}

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

/** Options of reads. */
export interface ReadOptions {
  /** Needed outside of a transaction, unless the Repo has a `tenantId`. */
  readonly tenant?: Tenant;
  /** The read takes no part in conflicts of the transaction around it. */
  readonly snapshot?: boolean;
}

/** Options of writes. */
export interface WriteOptions {
  /** Needed outside of a transaction for records that no tenant has given, unless the Repo has a `tenantId`. */
  readonly tenant?: Tenant;
}

/** What `insert` does when the primary key is taken. */
export type OnConflict<Field extends string = string> =
  | "raise"
  | "nothing"
  | "replaceAll"
  | { readonly replace: readonly Field[] }
  | { readonly replaceAllExcept: readonly Field[] };

export interface InsertOptions<Field extends string = string> extends WriteOptions {
  /** Default `"raise"`. `"nothing"` keeps and returns the stored record. */
  readonly onConflict?: OnConflict<Field>;
  /**
   * `[]` writes blindly, without the read: a record under the same key is overwritten, the index entries of its earlier
   * version stay behind, and the log tells of a new record. For keys that are known to be new.
   */
  readonly conflictTarget?: readonly [];
}

/** Options of `insertAll`, `updateAll` and `deleteAll`. */
export interface BatchOptions {
  /** Rows for each transaction; absent: all in one transaction. Not inside a transaction. */
  readonly batch?: number;
  /** Called after each transaction. */
  readonly onProgress?: (progress: { readonly rows: number; readonly batches: number }) => void;
}

/** @throws InvalidOptionsError for what is no object, and for a key that is none of `known` */
export function checkOptions(operation: string, options: unknown, known: ReadonlySet<string>): void {
  const subject = operation.startsWith("new ") ? operation : `repo.${operation}`;
  if (typeof options !== "object" || options === null || options instanceof Tenant) {
    const given = options instanceof Tenant ? "a tenant; write { tenant }" : showValue(options);
    throw new InvalidOptionsError(`The options of ${subject} are an object, not ${given}.`);
  }
  for (const name of Object.keys(options)) {
    if (known.has(name)) continue;
    throw new InvalidOptionsError(
      `${subject} has no option "${name}"; it takes ${[...known].join(", ") || "none"}.${hints[name] ?? ""}`,
    );
  }
}

const hints: Readonly<Record<string, string>> = {
  limit: " A limit belongs to the query: from(Schema).limit(n).",
  orderBy: " An order belongs to the query: from(Schema).orderBy(field).",
  where: " Conditions belong to the query: from(Schema).where({ … }).",
  prefix: " The tenant is given as { tenant }.",
};

export const readOptionNames: ReadonlySet<string> = new Set(["tenant", "snapshot"]);
export const writeOptionNames: ReadonlySet<string> = new Set(["tenant"]);
export const insertOptionNames: ReadonlySet<string> = new Set(["tenant", "onConflict", "conflictTarget"]);
export const batchOptionNames: ReadonlySet<string> = new Set(["tenant", "batch", "onProgress"]);
export const insertAllOptionNames: ReadonlySet<string> = new Set([...insertOptionNames, ...batchOptionNames]);

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
