/** Checks the options of `new Repo` and makes them, with `PLINTH_URL`, the configuration that it runs with. */

import type { Engine } from "../../engine/index.js";
import { InvalidOptionsError } from "../../errors.js";
import { type AllowedMismatch, checkMigrationList, type Migration } from "../../migration/index.js";
import { showValue } from "../../schema/index.js";
import type { Logger } from "../observe/index.js";
import { checkOptions } from "./check-options.js";
import { checkLimits, type TransactionDefaultOptions } from "./transaction-options.js";

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
  /**
   * Where a tenant and the list of migrations disagree, goes on all the same: a `"hole"` is filled, what is `"edited"` or
   * `"replaced"` counts as applied. Default: `MigrationMismatchError`.
   */
  readonly allowMismatch?: readonly AllowedMismatch[];
  /** Makes a single-tenant Repo: this tenant is opened (or created) on first use, and no other is accepted. */
  readonly tenantId?: string;
  readonly logger?: Logger;
  /** Defaults for every transaction of the Repo. */
  readonly transaction?: TransactionDefaultOptions;
  /**
   * Whether transactions that wait for the same record run one after the other in one commit. Default true; with false
   * each is a commit of its own, and they still run one after the other.
   */
  readonly groupCommit?: boolean;
}

/** The configuration that a Repo runs with. */
export interface RepoConfig {
  /** After `PLINTH_URL`; `undefined` for a Repo on a given engine. */
  readonly url: string | undefined;
  readonly storageId: string;
  readonly tenantId: string | undefined;
  readonly migrations: NonNullable<RepoOptions["migrations"]>;
  readonly allowMismatch: NonNullable<RepoOptions["allowMismatch"]>;
  readonly transaction: TransactionDefaultOptions;
  readonly groupCommit: boolean;
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
  });
}
