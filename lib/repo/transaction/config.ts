/** Checks the options of `new Repo` and makes them, with `PLINTH_URL`, the configuration that it runs with. */

import type { Engine } from "../../engine/index.js";
import { InvalidOptionsError } from "../../errors.js";
import { type AllowedMismatch, checkMigrationList, type Migration } from "../../migration/index.js";
import { showValue } from "../../schema/index.js";
import type { Logger } from "../observe/index.js";
import {
  checkHooks,
  checkOptions,
  type GivesDefaults,
  type PrepareQuery,
  type PrepareTransaction,
} from "../options/index.js";
import {
  checkLimits,
  type TransactionDefaultOptions,
  type TransactionOptions,
} from "./transaction-options.js";

/** A migration and its version: `[1, Catalog]`. */
export type MigrationEntry = readonly [version: number, migration: new () => Migration];

/** A transaction's function, as far as this room knows it. */
export type AnyBody = (tx: never) => unknown;

/** What `new Repo` takes, with the types of queries and of a transaction's function. */
export interface RepoOptions<AnyQuery = unknown, Fn = AnyBody> {
  /**
   * The store: `"embedded:./data"`, `"memory:"` or `"fdb:"`. The environment variable `PLINTH_URL` goes before it.
   * Required, unless one of that or `engine` is given.
   */
  readonly url?: string;
  /**
   * An opened engine in place of a URL; it is not closed with the Repo. Default: the one that `url` opens, on first use.
   */
  readonly engine?: Engine;
  /** Name of the application's directory in the store, required: tenants of different storage ids do not meet. */
  readonly storageId: string;
  /** Applied to each tenant when it is opened, in ascending order of version. Default: none. */
  readonly migrations?: readonly MigrationEntry[];
  /**
   * Where a tenant and the list of migrations disagree, goes on all the same: a `"hole"` is filled, what is `"edited"` or
   * `"replaced"` counts as applied. Default: none of them, MigrationMismatchError.
   */
  readonly allowMismatch?: readonly AllowedMismatch[];
  /**
   * Makes a single-tenant Repo: this tenant is opened (or created) on first use, and no other is accepted. Default: none,
   * calls name theirs.
   */
  readonly tenantId?: string;
  /** Is told of calls, retries and what nobody else hears of: pino's, or the same four methods. Default: none. */
  readonly logger?: Logger;
  /** Limits of every transaction that does not say otherwise. Default: none. */
  readonly transaction?: TransactionDefaultOptions;
  /**
   * Whether transactions that wait for the same record run one after the other in one commit. Default true; with false
   * each is a commit of its own, and they still run one after the other.
   */
  readonly groupCommit?: boolean;
  /**
   * Called with every query before it is planned, and of reads by key with that of the schema, whose conditions are then
   * tested: for soft deletes and rules of rows. Default: none.
   *
   * It gives the same query with further conditions. It does not concern writes of single records, constraints, unique
   * indexes, and what goes with a record that is deleted.
   *
   * @example
   * const softly = new Repo({
   *   url: "memory:",
   *   storageId: "my-app",
   *   prepareQuery: (operation, query, { schema }) => (schema === Post ? query.where({ deletedAt: null }) : query),
   * });
   */
  readonly prepareQuery?: PrepareQuery<AnyQuery>;
  /** Options of calls that do not say otherwise, or a function of the method's name that gives them. Default: none. */
  readonly defaultOptions?: GivesDefaults;
  /** Called with the function and options of each outermost transaction; gives others, or nothing. Default: none. */
  readonly prepareTransaction?: PrepareTransaction<Fn, TransactionOptions>;
  /** Refuses everything that writes (`ReadOnlyRepoError`); tenants are opened without their migrations. Default false. */
  readonly readOnly?: boolean;
  /** The clock of timestamps; default: that of the machine. */
  readonly now?: () => Date;
}

/** The configuration that a Repo runs with. */
export interface RepoConfig {
  /** After `PLINTH_URL`; `undefined` for a Repo on a given engine. */
  readonly url: string | undefined;
  /** Name of the application's directory in the store. */
  readonly storageId: string;
  /** The one tenant of a single-tenant Repo; undefined for others. */
  readonly tenantId: string | undefined;
  /** The list of migrations; empty without one. */
  readonly migrations: NonNullable<RepoOptions["migrations"]>;
  /** Ways in which a tenant and the list may disagree; empty when none is allowed. */
  readonly allowMismatch: NonNullable<RepoOptions["allowMismatch"]>;
  /** Limits of every transaction that does not say otherwise. */
  readonly transaction: TransactionDefaultOptions;
  /** Whether transactions that wait for the same record are committed together. */
  readonly groupCommit: boolean;
  /** The hook of queries, as it was given. */
  readonly prepareQuery: PrepareQuery<unknown> | undefined;
  /** The options of calls that do not say otherwise, as they were given. */
  readonly defaultOptions: GivesDefaults | undefined;
  /** The hook of transactions, as it was given. */
  readonly prepareTransaction: PrepareTransaction<AnyBody, TransactionOptions> | undefined;
  /** Whether everything that writes is refused. */
  readonly readOnly: boolean;
  /** The clock of timestamps; undefined for that of the machine. */
  readonly now: (() => Date) | undefined;
}

const optionNames: ReadonlySet<string> = new Set([
  "url",
  "engine",
  "storageId",
  "migrations",
  "allowMismatch",
  "tenantId",
  "logger",
  "transaction",
  "groupCommit",
  "prepareQuery",
  "defaultOptions",
  "prepareTransaction",
  "readOnly",
  "now",
]);

const mismatches: ReadonlySet<unknown> = new Set(["hole", "edited", "replaced"]);

/** @throws InvalidOptionsError, MigrationError for a list of migrations that is malformed */
export function configOf(options: RepoOptions): RepoConfig {
  checkOptions("new Repo", options, optionNames);
  const { storageId, tenantId, migrations = [], allowMismatch = [], transaction = {}, engine } = options;
  if (typeof storageId !== "string" || storageId === "") {
    throw new InvalidOptionsError(
      'new Repo needs a storageId, the name of the application in the store: new Repo({ url, storageId: "my-app" }).',
    );
  }
  if (tenantId !== undefined && (typeof tenantId !== "string" || tenantId === "")) {
    throw new InvalidOptionsError("tenantId is a non-empty string: the one tenant of a single-tenant Repo.");
  }
  checkHooks(options);
  checkLimits(transaction, "new Repo({ transaction })");
  const { groupCommit = true } = options;
  if (typeof groupCommit !== "boolean") {
    throw new InvalidOptionsError(`groupCommit is true or false, not ${showValue(groupCommit)}.`);
  }
  if (!Array.isArray(migrations)) {
    throw new InvalidOptionsError(
      "migrations is a list of versions and classes: [[1, Catalog], [2, Prices]].",
    );
  }
  checkMigrationList(migrations);
  for (const kind of allowMismatch) {
    if (mismatches.has(kind)) continue;
    throw new InvalidOptionsError(
      `allowMismatch is a list of "hole", "edited" and "replaced", and has ${JSON.stringify(kind)}.`,
    );
  }
  if (engine !== undefined && options.url !== undefined) {
    throw new InvalidOptionsError("new Repo takes a url or an engine, not both.");
  }
  const url = engine === undefined ? process.env.PLINTH_URL || options.url : undefined;
  if (engine === undefined && url === undefined) {
    throw new InvalidOptionsError(
      'new Repo needs a url: "embedded:./data", "memory:" or "fdb:" (or the environment variable PLINTH_URL).',
    );
  }
  return Object.freeze({
    url,
    storageId,
    tenantId,
    migrations: Object.freeze([...migrations]),
    allowMismatch: Object.freeze([...allowMismatch]),
    transaction: Object.freeze({ ...transaction }),
    groupCommit,
    prepareQuery: options.prepareQuery,
    defaultOptions: options.defaultOptions,
    prepareTransaction: options.prepareTransaction,
    readOnly: options.readOnly === true,
    now: options.now,
  });
}
