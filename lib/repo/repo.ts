/** Defines the Repo, the class through which an application uses a store. */

import { markCopy, refuseOtherCopy } from "../copies.js";
import { type BackupOptions, type BackupResult, backupStore, type Engine } from "../engine/index.js";
import type { MetadataCache } from "../layer/index.js";
import {
  type HostBody,
  type JobOptions,
  type JobProgress,
  migrateTenant,
  planMigrations,
  type StepCursor,
} from "../migration/index.js";
import type { Cursor, PlainRow, Query } from "../query/index.js";
import type { Tenant, TenantHost } from "../tenant/index.js";
import { checkMigrations } from "./cascade/index.js";
import { job } from "./job.js";
import { RawKeys } from "./keys/index.js";
import {
  afterCommit,
  type RepoOptions as CoreOptions,
  type FailedResult,
  keepRepo,
  outside,
  type RepoConfig,
  RepoCore,
  rollback,
  run,
  type Session,
  sessionOf,
  stateOfRepo,
  type TransactionOptions,
  transact,
  transactional,
  type Versioned,
} from "./transaction/index.js";
import { RepoWrites } from "./write/index.js";

/** What `new Repo` takes: a store (`url` or `engine`), a `storageId`, and what is optional. */
export type RepoOptions = CoreOptions<Query<PlainRow>, (tx: Repo) => unknown>;

/** A step of a job: one batch, which gives where the next one begins, or nothing when all is done. */
export type JobStep<C extends StepCursor = Cursor> = (
  tx: Repo,
  cursor: C | undefined,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that gives nothing is one of a single batch
) => Promise<C | null | undefined | void>;

/** A step with a cursor of its own, in a list of such steps. */
type AnyJobStep = (
  tx: Repo,
  cursor: never,
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that gives nothing is one of a single batch
) => Promise<StepCursor | undefined | void>;

/** A step that is given what it gives. */
type Continuing<Step> = Step extends (tx: never, cursor: infer C) => Promise<infer Next>
  ? // biome-ignore lint/suspicious/noConfusingVoidType: as above
    [Exclude<Next, null | undefined | void>] extends [C]
    ? unknown
    : never
  : never;

/** Options of `repo.transact`: those of `repo.transactional` without `returning`. */
export type TransactOptions = Omit<TransactionOptions, "returning">;

/** A transaction's function. */
export type TransactionBody<T> = (tx: Repo) => T | Promise<T>;

/**
 * What `repo.transact` gives: a result of the function as it is, `{ ok: true, value }` of another value, and
 * `{ ok: false, error }` of `repo.rollback(error)`. Whatever is not `ok` has stored nothing.
 */
export type Transacted<R> =
  | (R extends { readonly ok: boolean } ? R : { readonly ok: true; readonly value: R })
  | RolledBackResult;

/** What `repo.transact` gives after `repo.rollback(error)`. */
export interface RolledBackResult extends FailedResult {
  /** What `repo.rollback` was given. */
  readonly error: unknown;
}

/** What a Multi gives: the results by name, or the operation that failed; then nothing was stored. */
export type MultiResult<Results> =
  | { readonly ok: true; readonly value: Results }
  | {
      readonly ok: false;
      /** The name of the operation that failed. */
      readonly failedOperation: string;
      /** The changeset that was refused, or the value that it was failed with. */
      readonly failedValue: unknown;
      /** Results of the operations before it, which were rolled back. */
      readonly changesSoFar: Partial<Results>;
    };

/** Operations that run in one transaction, in their order: a {@link Multi}, as `repo.transactional` takes it. */
export abstract class Operations<Results> {
  /** Runs the operations in their order, inside the transaction of `tx`. */
  protected abstract execute(tx: Repo): Promise<MultiResult<Results>>;

  /** @internal The function of the transaction that runs them. */
  static bodyOf<Results>(operations: Operations<Results>): TransactionBody<MultiResult<Results>> {
    return (tx) => operations.execute(tx);
  }
}

function bodyOf(given: unknown): unknown {
  if (given instanceof Operations) return Operations.bodyOf(given);
  refuseOtherCopy(given, "The Multi");
  return given;
}

/** A Repo on the same core, bound to one transaction. */
function bind(session: Session, core: RepoCore): Repo {
  const bound = Object.create(Repo.prototype) as Repo;
  keepRepo(bound, { core, session });
  return bound;
}

/**
 * The door to one store: reads, writes and transactions on the records of its tenants.
 *
 * A call outside of a transaction is a transaction of its own, retried until it commits. Inside `repo.transactional`, calls
 * on this Repo and on the `tx` of the function join it. Calls of one tick are sent together.
 *
 * @example
 * const repo = new Repo({ url: "embedded:./data", storageId: "my-app", migrations: [[1, Catalog]] });
 * const tenant = await Tenant.openOrCreate(repo, "acme");
 * const product = await repo.insert(Product, { name: "Cereal" }, { tenant });
 */
export class Repo extends RepoWrites implements TenantHost {
  /**
   * Checks the options; the engine is opened on first use.
   *
   * @throws InvalidOptionsError, MigrationError (a malformed list), MissingIndexError (a relation with `onDelete` that no
   *   migration indexes)
   */
  constructor(options: RepoOptions) {
    super();
    const core: RepoCore = new RepoCore(options as unknown as CoreOptions, this, (session) =>
      bind(session, core),
    );
    checkMigrations(core.config.migrations);
    keepRepo(this, { core, session: undefined });
  }

  // ---- the store -------------------------------------------------------------------------------------------------

  /** The configuration in force: `PLINTH_URL` included, frozen. */
  get config(): RepoConfig {
    return stateOfRepo(this).core.config;
  }

  /** Whether everything that writes is refused: the option `readOnly`, default false. */
  get readOnly(): boolean {
    return this.config.readOnly;
  }

  /** Name of the application's directory in the store. */
  get storageId(): string {
    return this.config.storageId;
  }

  /** Index registrations by tenant, shared by everything that works through this Repo. */
  get metadata(): MetadataCache {
    return stateOfRepo(this).core.metadata;
  }

  /**
   * The engine, opened on first use; `plinth/engine` works with it beneath the Repo.
   *
   * @example const { kind } = await repo.engine(); // "embedded" or "foundationdb"
   * @throws InvalidUrlError, EngineUnavailableError, StoreLockedError, StoreCorruptError, RepoClosedError
   */
  engine(): Promise<Engine> {
    return stateOfRepo(this).core.engine();
  }

  /**
   * Applies the Repo's migrations to a tenant; called whenever one is opened.
   *
   * A unique index that cannot be built, because records have the same values, is left out: a warning of the logger names
   * them, and `plinth status` lists them.
   *
   * @example await repo.prepareTenant(await Tenant.open(repo, "acme", { migrate: false }));
   * @throws MigrationError, MigrationMismatchError
   */
  async prepareTenant(tenant: Tenant): Promise<void> {
    const { core } = stateOfRepo(this);
    const { migrations, allowMismatch } = core.config;
    if (migrations.length === 0 || this.readOnly) return;
    await migrateTenant(this, tenant, migrations, {
      allow: allowMismatch,
      onFailed: (error) =>
        core.logger?.warn(
          { tenant: tenant.id, index: error.index, rows: error.rows, code: error.code },
          error.message,
        ),
    });
  }

  /** @internal Throws when the migrations cannot be applied to any tenant. */
  checkPreparation(): void {
    planMigrations(this.config.migrations);
  }

  /** @internal One transaction of a migration that changes data, outside of the one around it. */
  async runStep<T>(tenant: Tenant, body: HostBody<T>): Promise<T> {
    const { core } = stateOfRepo(this);
    const attempt = (session: Session) =>
      session.within((repo) => body(session.layer.tx, repo, () => session.writes));
    const { value } = await core.ambient.run(undefined, () => run(core, tenant, attempt, { ambient: true }));
    return value;
  }

  /**
   * Work in as many transactions as it takes, claimed by one worker at a time and resumed where it stood.
   *
   * Each call of a step is one batch in one transaction (`tx` is the Repo in it), and what it gives is the cursor of the
   * next; nothing ends the step. A worker that dies is taken over after `staleClaimMs` (5,000), and the work goes on behind
   * its last batch. A job that is done is not done again, unless `restart` says so.
   *
   * @returns what the job came to, whoever has done it: steps, batches, and rows that they have written
   * @example
   * await repo.job(tenant, "trim names", async (tx, cursor) => {
   *   const { rows, next } = await tx.page(from(User), { limit: 500, after: cursor ?? null });
   *   for (const user of rows) await tx.update(change(user, { name: user.name.trim() }));
   *   return next;
   * });
   * @throws JobError (a cursor that cannot be stored or does not move, other steps than before), InvalidOptionsError (also
   *   inside of a transaction), and what a step throws
   */
  job<C extends StepCursor = Cursor>(
    tenant: Tenant,
    name: string,
    steps: JobStep<C> | readonly JobStep<C>[],
    options?: JobOptions,
  ): Promise<JobProgress>;
  job<const Steps extends readonly AnyJobStep[]>(
    tenant: Tenant,
    name: string,
    steps: Steps & { readonly [I in keyof Steps]: Continuing<Steps[I]> },
    options?: JobOptions,
  ): Promise<JobProgress>;
  job(tenant: Tenant, name: string, steps: unknown, options?: JobOptions): Promise<JobProgress> {
    return job(this, stateOfRepo(this), tenant, name, steps, options);
  }

  /**
   * Copies the embedded store, at one version and while it is used, into the new folder `path`.
   *
   * @throws BackupError for a cluster, or when `path` exists
   * @throws StoreCorruptError on meeting a damaged value
   * @example await repo.backup(`./backups/${new Date().toISOString().slice(0, 10)}`);
   */
  async backup(path: string, options: BackupOptions = {}): Promise<BackupResult> {
    return backupStore(await this.engine(), path, options);
  }

  /**
   * Closes the engine (unless it was given); calls after it throw `RepoClosedError`. Idempotent; `await using` calls it.
   *
   * @example
   * await using repo = new Repo({ url: "memory:", storageId: "my-app" });
   * const tenant = await Tenant.openOrCreate(repo, "acme");
   */
  close(): Promise<void> {
    return stateOfRepo(this).core.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  // ---- transactions ----------------------------------------------------------------------------------------------

  /**
   * Runs `fn` in a transaction, commits, and gives its value.
   *
   * On a conflict `fn` runs again, so it must have no other effects (`repo.afterCommit` is for those). A call inside of a
   * transaction of the same tenant joins it as a part: what fails and is caught there has written nothing. A Multi runs its
   * operations in order.
   *
   * With `exactlyOnce`, a retry after a commit of unknown outcome finds out whether it was applied, and then gives the
   * value of that attempt.
   *
   * @example
   * const left = await repo.transactional(tenant, async (tx) => {
   *   const product = await tx.getOrThrow(Product, "p1");
   *   await tx.update(change(product, { stock: product.stock - 1 }));
   *   return product.stock - 1;
   * });
   * @throws TransactionConflictError (with a `retryLimit`), TransactionTimeoutError, TransactionTooOldError,
   *   TransactionTooLargeError, CommitUnknownError, TransactionDeadlockError, OutstandingCallsError, MultiFailedError,
   *   IncorrectTenancyError, InvalidOptionsError
   */
  transactional<T>(
    tenant: Tenant,
    fn: TransactionBody<T>,
    options: TransactionOptions & { readonly returning: "version" },
  ): Promise<Versioned<T>>;
  transactional<Results>(
    tenant: Tenant,
    multi: Operations<Results>,
    options: TransactionOptions & { readonly returning: "version" },
  ): Promise<Versioned<MultiResult<Results>>>;
  transactional<Results>(
    tenant: Tenant,
    multi: Operations<Results>,
    options?: TransactionOptions,
  ): Promise<MultiResult<Results>>;
  transactional<Results>(
    multi: Operations<Results>,
    options?: TransactionOptions,
  ): Promise<MultiResult<Results>>;
  transactional<T>(tenant: Tenant, fn: TransactionBody<T>, options?: TransactionOptions): Promise<T>;
  transactional<T>(
    fn: TransactionBody<T>,
    options: TransactionOptions & { readonly returning: "version" },
  ): Promise<Versioned<T>>;
  transactional<T>(fn: TransactionBody<T>, options?: TransactionOptions): Promise<T>;
  transactional(first: unknown, second?: unknown, third?: unknown): Promise<unknown> {
    return transactional(stateOfRepo(this), bodyOf(first), bodyOf(second), third);
  }

  /**
   * As `transactional`, with results as values: `{ ok: false, … }` of `fn` (what the `try…` methods give of a refused
   * changeset, too) stores nothing and is what the call gives, and so is `{ ok: false, error }` of `repo.rollback(error)`.
   * Of `fn`, `{ ok: true, … }` is given as it is, another value as `{ ok: true, value }`. Errors are thrown.
   *
   * Inside of a transaction it is a part: of one that failed nothing is kept, and the transaction goes on.
   *
   * @throws as `transactional`
   * @example
   * const sold = await repo.transact(tenant, async (tx) => {
   *   const product = await tx.getOrThrow(Product, "kite");
   *   return product.stock > 0 ? tx.tryUpdate(change(product, { stock: product.stock - 1 })) : { ok: false, reason: "sold out" };
   * });
   */
  transact<Results>(
    tenant: Tenant,
    multi: Operations<Results>,
    options?: TransactOptions,
  ): Promise<MultiResult<Results> | RolledBackResult>;
  transact<Results>(
    multi: Operations<Results>,
    options?: TransactOptions,
  ): Promise<MultiResult<Results> | RolledBackResult>;
  transact<const R>(
    tenant: Tenant,
    fn: TransactionBody<R>,
    options?: TransactOptions,
  ): Promise<Transacted<R>>;
  transact<const R>(fn: TransactionBody<R>, options?: TransactOptions): Promise<Transacted<R>>;
  transact(first: unknown, second?: unknown, third?: unknown): Promise<unknown> {
    return transact(stateOfRepo(this), bodyOf(first), bodyOf(second), third);
  }

  /**
   * Ends the transaction without a commit: `repo.transactional` resolves with `value`, `repo.transact` with `{ ok: false,
   * error: value }`. Inside of several, the whole of it ends.
   *
   * @example
   * await repo.transactional(tenant, async (tx) => {
   *   const product = await tx.getOrThrow(Product, "p1");
   *   if (product.stock === 0) tx.rollback("sold out");
   *   await tx.update(change(product, { stock: product.stock - 1 }));
   * });
   * @throws NotInTransactionError
   */
  rollback(value?: unknown): never {
    return rollback(stateOfRepo(this), value);
  }

  /**
   * Runs `fn` outside of the transaction around it, and gives what it gives: calls on this Repo in it are transactions of
   * their own, which stand whatever becomes of the one around.
   *
   * @example await repo.outside(() => repo.insert(Attempt, { at: new Date() }, { tenant }));
   * @throws InvalidOptionsError for what is no function
   */
  outside<T>(fn: () => T): T {
    return outside(stateOfRepo(this), fn);
  }

  /**
   * Runs `fn` once after the commit, and not at all without one; outside of a transaction at once. What it throws goes to
   * the logger, and undoes nothing.
   *
   * @example
   * await repo.transactional(tenant, async (tx) => {
   *   const order = await tx.insert(Order, { customerId: "c1", cents: 500, total: 1, open: true });
   *   tx.afterCommit(() => console.log(`ordered: ${order.id}`));
   * });
   * @throws InvalidOptionsError for what is no function
   */
  afterCommit(fn: () => unknown): void {
    afterCommit(stateOfRepo(this), fn);
  }

  /**
   * The application's own keys beside the records, in the transaction around the call: `get`, `range`, `set`, `clear`,
   * `atomic` and `watch` of what `tenant.pack` names.
   *
   * @example await repo.transactional(tenant, async (tx) => tx.keys.set(["settings", "theme"], Buffer.from("dark")));
   */
  get keys(): RawKeys {
    return new RawKeys(this);
  }

  /** Whether calls on this Repo join a transaction here. */
  get inTransaction(): boolean {
    const session = sessionOf(stateOfRepo(this));
    return session !== undefined && !session.ended;
  }
}

markCopy(Repo.prototype);
