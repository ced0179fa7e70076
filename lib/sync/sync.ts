/** `Sync`: makes live queries, subscribes to them, and lets consumers process their changes. */

import { AsyncLocalStorage } from "node:async_hooks";
import { InvalidOptionsError, SubscriptionClosedError, UnsupportedQueryError } from "../errors.js";
import { astOf, type Query, queryOf, type Selects, type Where } from "../query/index.js";
import { atRoot, internals, type Repo } from "../repo/index.js";
import { type KeyOfType, type SchemaClass, schemaOf } from "../schema/index.js";
import type { Tenant } from "../tenant/index.js";
import { checkOptions, checkQueries, checkTenantHandle } from "./call/index.js";
import { type BatchHandler, type ConsumeOptions, Consumer } from "./consumer/index.js";
import { hubOfRepo, type SyncHub } from "./hub/index.js";
import { type Inspection, type InspectOptions, inspectHub } from "./inspect/index.js";
import { type Action, type Live, type Queries, type Subscription } from "./live/index.js";
import { LogTrimmer, positiveMs } from "./log/index.js";
import { liveAll, liveCount, liveEach, liveMany, liveOne, liveSignal, liveSum } from "./queries/index.js";
import type { LiveSubscription } from "./subscription/index.js";
import { type SubscribeOptions, subscribe } from "./subscription/index.js";

/** Options of `new Sync`. */
export interface SyncOptions {
  /**
   * Milliseconds for which cursors can be resumed: older log entries of all tenants are removed in the background, by
   * one of the processes that have a `Sync` open; the shortest time of them counts. Default 24 hours.
   */
  readonly retentionMs?: number;
  /** Milliseconds after which a subscription without news is told how far it is complete. Default 15,000. */
  readonly heartbeatMs?: number;
}

/** The Sync whose handler is being called. */
const handling = new AsyncLocalStorage<Sync>();

const closedError = () => new SubscriptionClosedError("This Sync is closed; make another: new Sync(repo).");

/** Options of live lists: `sync.all` and `sync.allBy`. */
export interface LiveOptions {
  /** The changes that make the label move; default all of them. */
  readonly on?: Action;
}

const repos = new WeakMap<Sync, Repo>();
const words = ["one", "all", "allBy", "many", "count", "sum", "signal"] as const;

/** Taken off their Sync, the words for queries still know the Repo whose `prepareQuery` they go by. */
function bindWords(sync: Sync, repo: Repo): void {
  if (!internals(repo).prepares) return;
  for (const name of words) Object.defineProperty(sync, name, { value: sync[name].bind(sync) });
}

/** @param sync none for a word that is called by itself, which no Repo has anything to say about */
function preparedBy(
  sync: Sync | null | undefined,
  query: Selects<unknown> | SchemaClass<object>,
): Query<unknown, never> {
  const repo = sync == null ? undefined : repos.get(sync);
  return queryOf(repo === undefined ? astOf(query) : internals(repo).prepareQuery(astOf(query)));
}

/** A row that is watched by its key is not tested, and would show what the Repo hides. */
function requireWhole(
  sync: Sync | null | undefined,
  schema: SchemaClass<object>,
  kind: "one" | "many" | "signal",
): void {
  const repo = sync == null ? undefined : repos.get(sync);
  if (repo === undefined) return;
  const info = schemaOf(schema);
  if (!internals(repo).restricts(info)) return;
  throw new UnsupportedQueryError(
    `sync.${kind} goes by keys alone, and prepareQuery of the Repo adds conditions to queries on ${info.name}, which would not be ` +
      `kept. Watch a query: sync.all(from(${info.name}).where({ ${info.primaryKey.name}: … })).`,
  );
}

/**
 * Live queries: results that stay true, and exactly what changed in them.
 *
 * `one`, `many`, `all`, `allBy`, `each`, `count`, `sum` and `signal` make live queries, which read nothing; `subscribe`
 * watches labelled ones together, and `consume` processes every change of them once. Live queries take no `preload`,
 * `distinct`, `withTies` and `after`.
 *
 * @example
 * const sync = new Sync(repo);
 * await using page = await sync.subscribe(tenant, {
 *   product: sync.one(Product, "p1"),
 *   reviews: sync.allBy(from(Review).orderBy({ insertedAt: "desc" }), { productId: "p1" }),
 * });
 * for await (const t of page) if (t.type === "change") render(t.changes.reviews ?? [], page.value);
 */
export class Sync {
  readonly #hub: SyncHub;
  readonly #subscriptions = new Set<LiveSubscription>();
  readonly #repo: Repo;
  readonly #heartbeatMs: number;
  readonly #trimmer: LogTrimmer;
  readonly #consumers = new Set<Promise<unknown>>();
  /** Ends the consumers. */
  readonly #end = new AbortController();
  /** Stops listening for the end of the Repo. */
  readonly #letGo: () => void;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  /**
   * Begins to look after the logs of the Repo's tenants; nothing is watched yet.
   *
   * @throws RangeError for a time that is not positive, or longer than a timer can wait (`retentionMs` may be infinite);
   *   InvalidOptionsError for options that do not exist
   */
  constructor(repo: Repo, options: SyncOptions = {}) {
    checkOptions("new Sync", options, ["retentionMs", "heartbeatMs"]);
    this.#heartbeatMs = positiveMs("heartbeatMs", options.heartbeatMs ?? 15_000);
    const retentionMs = positiveMs(
      "retentionMs",
      options.retentionMs ?? 24 * 60 * 60 * 1_000,
      Number.POSITIVE_INFINITY,
    );
    this.#repo = repo;
    this.#hub = hubOfRepo(repo);
    const parts = internals(repo);
    this.#trimmer = new LogTrimmer({
      storageId: parts.storageId,
      retentionMs,
      engine: () => parts.opened,
      warn: (error, message) => parts.logger?.warn({ err: error }, message),
    });
    this.#trimmer.start();
    repos.set(this, repo);
    bindWords(this, repo);
    this.#letGo = parts.onClose(() => this.#trimmer.stop());
  }

  /**
   * The row with this primary key (of a partitioned schema `[partition, id]`), or null; also says when it appears. Needs no
   * `create(metadata(S))`.
   *
   * @example const live = sync.one(Product, "p1");
   * @throws InvalidQueryError without an id, InvalidValueError for one of another type; UnsupportedQueryError when
   *   `prepareQuery` of the Repo adds conditions to the schema's queries
   */
  one<T extends object>(schema: SchemaClass<T>, id: unknown): Live<T | null, T> {
    requireWhole(this, schema, "one");
    return liveOne(schema, id);
  }

  /**
   * The rows of a query, in its order. Needs `create(metadata(S))`.
   *
   * `on` chooses the changes that make the label move: all of them (`"changes"`, the default), rows that come and go
   * (`"collection"`), or `"inserts"`, `"deletes"` or `"updates"` alone. A row that starts to match comes, one that stops
   * goes.
   *
   * @example const live = sync.all(from(Product).orderBy("name").limit(20), { on: "collection" });
   * @throws UnsupportedQueryError for what a live query cannot keep up to date, InvalidQueryError for another `on`,
   *   InvalidOptionsError, SchemaError
   */
  all<T, Row>(query: Query<T, Row>, options?: LiveOptions): Live<readonly Row[], Row>;
  all<T extends object>(schema: SchemaClass<T>, options?: LiveOptions): Live<readonly T[], T>;
  all(
    source: Query<unknown> | SchemaClass<object>,
    options: LiveOptions = {},
  ): Live<readonly unknown[], unknown> {
    checkOptions("sync.all", options, ["on"]);
    return liveAll(preparedBy(this, source), undefined, options.on);
  }

  /**
   * As {@link all}, for the rows with these values.
   *
   * @example const live = sync.allBy(from(Review).orderBy({ insertedAt: "desc" }), { productId: "p1" });
   * @throws as `all`; UnknownFieldError
   */
  allBy<T, Row>(query: Query<T, Row>, by: Where<T>, options?: LiveOptions): Live<readonly Row[], Row>;
  allBy<T extends object>(
    schema: SchemaClass<T>,
    by: Where<NoInfer<T>>,
    options?: LiveOptions,
  ): Live<readonly T[], T>;
  allBy(
    source: Query<unknown> | SchemaClass<object>,
    by: object,
    options: LiveOptions = {},
  ): Live<readonly unknown[], unknown> {
    checkOptions("sync.allBy", options, ["on"]);
    return liveAll(preparedBy(this, source), by, options.on);
  }

  /**
   * Rows by primary key, in the order of the ids; a row that does not exist is left out until it does. Needs no
   * `create(metadata(S))`.
   *
   * @example const live = sync.many(Product, ["p1", "p2"]);
   * @throws InvalidQueryError for what is no list, and as `one`
   */
  many<T extends object>(schema: SchemaClass<T>, ids: readonly unknown[]): Live<readonly T[], T> {
    requireWhole(this, schema, "many");
    return liveMany(schema, ids);
  }

  /**
   * One live query for each id of a live list (dependent syncing): ids that stay keep theirs, whatever happens to the list,
   * and what is null is left out.
   *
   * @param make answers at once, and gives the same query for the same id
   * @example const live = sync.each(sync.all(from(Product).select("id"), { on: "collection" }), (id) => sync.one(Product, id));
   * @throws InvalidQueryError when the first is no live list, or the second no function
   */
  each<I, R, C>(
    ids: Live<readonly I[], unknown>,
    make: (id: NonNullable<I>) => Live<R, C>,
  ): Live<readonly NonNullable<R>[], NonNullable<R>> {
    return liveEach(ids, make);
  }

  /**
   * The number of rows of a query. Needs `create(metadata(S))`.
   *
   * @example const live = sync.count(from(Review).where({ productId: "p1" }));
   * @throws UnsupportedQueryError for what a live query cannot keep up to date, SchemaError
   */
  count(query: Selects<unknown> | SchemaClass<object>): Live<number, number> {
    return liveCount(preparedBy(this, query));
  }

  /**
   * What an `integer`, `id` or `bigint` field adds up to over the rows of a query; `null` of no values. Needs
   * `create(metadata(S))`.
   *
   * @example const live = sync.sum(from(Order).where({ customerId }), "cents");
   * @throws UnsupportedQueryError for a field of another type, and with a limit; UnknownFieldError
   */
  sum<T extends object, const K extends KeyOfType<T, number | bigint>>(
    schema: SchemaClass<T>,
    field: K,
  ): Live<NonNullable<T[K]> | null, NonNullable<T[K]> | null>;
  sum<T, R, const K extends KeyOfType<T, number | bigint>>(
    query: Query<T, R>,
    field: K,
  ): Live<NonNullable<T[K]> | null, NonNullable<T[K]> | null>;
  sum(query: Selects<unknown> | SchemaClass<object>, field: string): Live<unknown, unknown> {
    return liveSum(preparedBy(this, query), field);
  }

  /**
   * A number that grows with every write of a kind, to all rows or to those with certain values: for consumers that read
   * for themselves. Only differences mean something. Needs `create(metadata(S))`, or `metadata(S, by)`.
   *
   * @param action the kind: `"changes"` (default, all writes), `"collection"`, `"inserts"`, `"deletes"` or `"updates"`
   * @example const live = sync.signal(Review, "inserts", { productId: "p1" });
   * @throws InvalidQueryError for another kind; UnsupportedQueryError when `prepareQuery` of the Repo adds conditions to
   *   the schema's queries; UnknownFieldError
   */
  signal<T extends object>(
    schema: SchemaClass<T>,
    action: Action = "changes",
    by?: Where<T>,
  ): Live<number, number> {
    requireWhole(this, schema, "signal");
    return liveSignal(schema, action, by);
  }

  /**
   * Watches labelled live queries of a tenant together. Reading and watching are one transaction, so nothing that is
   * written later is missed. Resolves when every label has a value.
   *
   * @example
   * const page = await sync.subscribe(tenant, { products: sync.all(Product) }, { signal });
   * page.on("transition", () => render(page.value.products));
   * @throws MetadataRequiredError, UnsupportedQueryError, TenantGoneError, SubscriptionClosedError, InvalidCursorError,
   *   InvalidOptionsError for options that do not exist, IncorrectTenancyError for what is no handle of a tenant, and the
   *   reason of a `signal` that is aborted
   */
  async subscribe<const Q extends Queries>(
    tenant: Tenant,
    queries: Q,
    options: SubscribeOptions = {},
  ): Promise<Subscription<Q>> {
    if (this.#closed) throw closedError();
    const subscription = await subscribe(this.#hub, tenant, queries, options, this.#opened, this.#ended);
    return subscription as unknown as Subscription<Q>;
  }

  // Functions of the Sync, not of each of its subscriptions.
  readonly #opened = (subscription: LiveSubscription): void => {
    // While the keys of cursors were read.
    if (this.#closed) throw closedError();
    this.#subscriptions.add(subscription);
    this.#heartbeat ??= this.#startHeartbeat();
  };

  readonly #ended = (subscription: LiveSubscription): void => {
    this.#subscriptions.delete(subscription);
    if (this.#subscriptions.size > 0) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = undefined;
  };

  #startHeartbeat(): ReturnType<typeof setInterval> {
    const heartbeat = setInterval(() => {
      this.#hub.keys.touch();
      for (const hub of this.#hub.tenants) hub.pokeAll(hub.feeds.values());
      atRoot(() => {
        for (const subscription of this.#subscriptions) subscription.progress();
      });
    }, this.#heartbeatMs);
    return heartbeat.unref();
  }

  /**
   * Processes every change of some queries exactly once, for services: `handler` gets whole commits in order, and where the
   * consumer stands moves in the same transaction as what `tx` writes.
   *
   * One process owns a name at a time; another takes over when it dies, `leaseMs` (10,000) later. Resolves when `signal` is
   * aborted or the Sync is closed, rejects with what the handler throws. The handler may be called again when its
   * transaction is retried, so effects go through `tx` alone.
   *
   * @example
   * await sync.consume(tenant, "indexer", { posts: sync.all(Post) }, async (batch, tx) => {
   *   for (const change of batch.changes.posts) await tx.insert(Job, { kind: change.op, postId: String(change.key) });
   * }, { signal });
   * @throws MetadataRequiredError, UnsupportedQueryError, InvalidCursorError (the name stands for other queries),
   *   RangeError for a lease that is not positive, InvalidOptionsError, SubscriptionClosedError after `close`
   */
  async consume<const Q extends Queries>(
    tenant: Tenant,
    name: string,
    queries: Q,
    handler: BatchHandler<Q>,
    options: ConsumeOptions = {},
  ): Promise<void> {
    if (this.#closed) throw closedError();
    checkTenantHandle("sync.consume", tenant);
    checkQueries("sync.consume", queries);
    if (typeof name !== "string" || name === "") {
      throw new InvalidOptionsError(
        'A consumer has a name that is not empty: sync.consume(tenant, "indexer", …).',
      );
    }
    const { run } = internals(this.#repo);
    const consumer = new Consumer(run, tenant, name, queries, this.#handling(handler), options);
    const work = consumer.work(this.#end.signal);
    const done = work.catch(() => undefined);
    this.#consumers.add(done);
    await work.finally(() => this.#consumers.delete(done));
  }

  /** Remembers that a handler is called, so that `close` in one does not wait for its own end. */
  #handling<Q>(handler: BatchHandler<Q>): BatchHandler<never> {
    if (typeof handler !== "function") return handler;
    const call = handler as BatchHandler<never>;
    return (batch, tx) => handling.run(this, () => call(batch, tx));
  }

  /**
   * What is being watched, how much work it is, and who is behind. Reads nothing from the store; costs time for each live
   * query, so ask for the `top` ones where there are many thousands.
   *
   * @example const { totals, slowest } = sync.inspect({ top: 20 });
   * @throws InvalidOptionsError for options that do not exist
   */
  inspect(options: InspectOptions = {}): Inspection {
    checkOptions("sync.inspect", options, ["top"]);
    return inspectHub(this.#hub, this.#subscriptions, options);
  }

  /**
   * Ends all subscriptions of this `Sync` and its consumers (after the batch at hand; their promises resolve), releases
   * their watches, and stops looking after the logs. Idempotent; `await using` calls it.
   *
   * @example await sync.close();
   */
  async close(): Promise<void> {
    this.#closed = true;
    this.#end.abort();
    this.#letGo();
    const stopped = this.#trimmer.stop();
    for (const subscription of [...this.#subscriptions]) await subscription.close();
    if (handling.getStore() !== this) await Promise.all(this.#consumers);
    await stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
