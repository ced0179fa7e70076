/** Tenants: isolated parts of the store, and how they are opened, listed, cleared and deleted. */

import { inspect } from "node:util";
import { markCopy, refuseOtherCopy } from "../copies.js";
import type { Engine, StoreLives, Transaction } from "../engine/index.js";
import { equalBytes, transact } from "../engine/index.js";
import { InvalidOptionsError, ReadOnlyRepoError, TenantExistsError, TenantNotFoundError } from "../errors.js";
import type { KeyRange, TupleItem } from "../tuple/index.js";
import {
  applicationRange,
  packApplicationKey,
  packStampedApplicationKey,
  unpackApplicationKey,
} from "./application-keys.js";
import { refuseCopied, tenantMoved } from "./copy-state.js";
import { HandleCache } from "./handle-cache.js";
import { checkTenantId } from "./tenant-id.js";
import { type FoundTenant, newIncarnation, type StoredTenant, TenantStore } from "./tenant-store.js";
import { tenantGone } from "./tenant-version.js";
import { importUnfinished } from "./unfinished-import.js";

/** Ids that `Tenant.list` reads at a time. */
const PAGE = 1_000;

/** Where a tenant lives: handles of two stores differ even when their ids are the same. */
interface Place {
  readonly engine: Engine;
  readonly storageId: string;
}

/** What a tenant needs of its Repo. */
export interface TenantHost {
  /** Name of the directory that holds all tenants of the application. */
  readonly storageId: string;
  /** Opens the engine on first use. */
  engine(): Promise<Engine>;
  /** Applies outstanding migrations; called once for each open, before the handle is handed out. */
  prepareTenant(tenant: Tenant): Promise<void>;
  /** Throws when no tenant could be prepared whatever is in it; called before one is created. */
  checkPreparation?(): void;
  /** Refuses what would create, change or delete a tenant. */
  readonly readOnly?: boolean;
  /** Opens also what is a part of an unfinished import or was moved away: for tools that show, finish or delete it. Default false. */
  readonly opensUnfinished?: boolean;
}

/** Options of opening a tenant. */
export interface OpenOptions {
  /** `false` opens it as it is: outstanding migrations of the Repo are not applied. Default true. */
  readonly migrate?: boolean;
}

let handleOf: (id: string, stored: StoredTenant, place: Place) => Tenant;

/**
 * An isolated part of the store: its records, indexes and logs, and the application's own keys, share one prefix.
 *
 * A handle is immutable and cheap. It stands for one life of the tenant: after a deletion, operations through it
 * throw {@link TenantGoneError}, also when a new tenant has taken the id.
 *
 * @example
 * const tenant = await Tenant.openOrCreate(repo, "acme");
 * await repo.all(Product, { tenant });
 */
export class Tenant {
  /** The name under which it was opened. */
  readonly id: string;
  /** Raw prefix of every key of the tenant, allocated by the directory layer; do not change its bytes. */
  readonly prefix: Uint8Array;
  /** 16 random bytes, written when the tenant was created. */
  readonly incarnation: Uint8Array;
  readonly #place: Place;

  static {
    handleOf = (id, stored, place) => new Tenant(id, stored, place);
  }

  /** Handles come from `Tenant.open` and its siblings. */
  private constructor(id: string, stored: StoredTenant, place: Place) {
    this.id = id;
    this.prefix = stored.prefix;
    this.incarnation = stored.incarnation;
    this.#place = place;
    Object.freeze(this);
  }

  /** The lives of the store that the tenant is in; undefined on a cluster. A version alone does not tell them apart. */
  get lives(): StoreLives | undefined {
    return this.#place.engine.lives;
  }

  /**
   * Opens a tenant that exists, applying outstanding migrations unless `{ migrate: false }`.
   *
   * A tenant that this process has opened before costs one point read, and a second one the first time after its metadata
   * was changed.
   *
   * @example const tenant = await Tenant.open(repo, "acme");
   * @throws TenantNotFoundError, InvalidTenantIdError, UnfinishedImportError, TenantMovedError, InvalidOptionsError, and
   *   what a migration throws
   */
  static async open(host: TenantHost, id: string, options?: OpenOptions): Promise<Tenant> {
    const migrates = migratesBy(options);
    const { engine, store } = await begin(host, id);
    const incarnation = newIncarnation();
    const found = await transact(
      engine,
      async (tx) => (await known(host, id, tx, store)) ?? store.find(tx, id, incarnation),
    );
    if (found === undefined) {
      handles.forget(host, id);
      throw notFound(id);
    }
    return opened(host, id, engine, found, migrates);
  }

  /**
   * Opens a tenant, creating it when missing. However many processes create one id at once, there is one tenant.
   *
   * When the migrations of one that was missing fail, it is missing again.
   *
   * @example const tenant = await Tenant.openOrCreate(repo, "acme");
   * @throws InvalidTenantIdError, UnfinishedImportError, TenantMovedError, ReadOnlyRepoError (one that is missing),
   *   InvalidOptionsError, and what a migration throws
   */
  static async openOrCreate(host: TenantHost, id: string, options?: OpenOptions): Promise<Tenant> {
    const migrates = migratesBy(options);
    const { engine, store } = await begin(host, id);
    if (migrates) host.checkPreparation?.();
    const incarnation = newIncarnation();
    const found = await transact(
      engine,
      async (tx) =>
        (await known(host, id, tx, store)) ??
        (host.readOnly === true ? store.find(tx, id, incarnation) : store.findOrCreate(tx, id, incarnation)),
    );
    if (found === undefined) throw refusedCreation(id);
    return openedOrUndone(host, id, engine, found, incarnation, migrates);
  }

  /**
   * Opens a tenant without rows, keys and logs: a missing one is created, an existing one cleared as by {@link
   * Tenant.clear}.
   *
   * @example const tenant = await Tenant.openEmpty(repo, "test");
   * @throws InvalidTenantIdError, TenantMovedError, ReadOnlyRepoError, InvalidOptionsError, and what a migration throws
   */
  static async openEmpty(host: TenantHost, id: string, options?: OpenOptions): Promise<Tenant> {
    const migrates = migratesBy(options);
    refuseReadOnly(host, "openEmpty");
    const { engine, store } = await begin(host, id);
    if (migrates) host.checkPreparation?.();
    const incarnation = newIncarnation();
    const found = await transact(engine, async (tx) => {
      const { unfinished: _, ...stored } = await store.findOrCreate(tx, id, incarnation);
      refuseCopied(id, stored.copied);
      await store.clear(tx, stored);
      // The clearing has moved the stamp: looked at again when the tenant is opened next.
      return { ...stored, stamp: nothing, unfinished: undefined, copied: undefined };
    });
    return openedOrUndone(host, id, engine, found, incarnation, migrates);
  }

  /**
   * Creates a tenant and opens it. When its migrations fail, there is no tenant.
   *
   * @example const tenant = await Tenant.create(repo, "acme");
   * @throws TenantExistsError, InvalidTenantIdError, ReadOnlyRepoError, InvalidOptionsError, and what a migration throws
   */
  static async create(host: TenantHost, id: string, options?: OpenOptions): Promise<Tenant> {
    const migrates = migratesBy(options);
    refuseReadOnly(host, "create");
    const { engine, store } = await begin(host, id);
    if (migrates) host.checkPreparation?.();
    const incarnation = newIncarnation();
    const found = await transact(engine, (tx) => store.findOrCreate(tx, id, incarnation));
    // Compared after the fact, so that a retry after a commit of unknown outcome knows its own tenant.
    if (!equalBytes(found.incarnation, incarnation)) {
      throw new TenantExistsError(
        `The tenant ${JSON.stringify(id)} exists already; Tenant.openOrCreate(repo, ${JSON.stringify(id)}) takes either.`,
      );
    }
    return openedOrUndone(host, id, engine, found, incarnation, migrates);
  }

  /**
   * Whether there is a tenant of this id; opens nothing and applies no migrations.
   *
   * @example if (!(await Tenant.exists(repo, "acme"))) await Tenant.create(repo, "acme");
   * @throws InvalidTenantIdError, InvalidOptionsError
   */
  static async exists(host: TenantHost, id: string): Promise<boolean> {
    const { engine, store } = await begin(host, id);
    return transact(engine, (tx) => store.exists(tx, id));
  }

  /**
   * The ids of all tenants, in byte order of their UTF-8; read a thousand at a time, each time anew.
   *
   * @example for await (const id of Tenant.list(repo)) console.log(id);
   * @throws InvalidOptionsError for what is no Repo
   */
  static async *list(host: TenantHost): AsyncGenerator<string, void, undefined> {
    checkHost(host);
    const engine = await host.engine();
    const store = new TenantStore(host.storageId);
    for (let after: string | undefined; ; ) {
      const page = await transact(engine, (tx) => store.list(tx, after, PAGE));
      yield* page;
      if (page.length < PAGE) return;
      after = page.at(-1);
    }
  }

  /**
   * Erases all rows, index entries, logs and application keys. Registered indexes and applied migrations stay.
   *
   * @example await Tenant.clear(repo, "acme");
   * @throws TenantNotFoundError, InvalidTenantIdError, ReadOnlyRepoError, TenantGoneError (given the handle of a deleted
   *   tenant)
   */
  static async clear(host: TenantHost, tenant: string | Tenant): Promise<void> {
    refuseReadOnly(host, "clear");
    const id = idOf(tenant);
    const found = await withStored(host, tenant, async (tx, store, stored) => {
      refuseCopied(id, stored.copied);
      await store.clear(tx, stored);
    });
    if (!found) throw notFound(id);
  }

  /**
   * Deletes the tenant with every key of it. Handles of it, in all processes, are dead from then on.
   *
   * @example await Tenant.delete(repo, "acme");
   * @throws TenantNotFoundError, InvalidTenantIdError, ReadOnlyRepoError, TenantGoneError (given the handle of a deleted
   *   tenant)
   */
  static async delete(host: TenantHost, tenant: string | Tenant): Promise<void> {
    if (!(await remove(host, tenant))) throw notFound(idOf(tenant));
  }

  /**
   * As {@link Tenant.delete}, also when there is no such tenant.
   *
   * @example await Tenant.clearAndDelete(repo, "acme");
   * @throws InvalidTenantIdError, ReadOnlyRepoError, TenantGoneError (given the handle of a tenant whose id is another
   *   one's now)
   */
  static async clearAndDelete(host: TenantHost, tenant: string | Tenant): Promise<void> {
    await remove(host, tenant);
  }

  /**
   * A key of the application's own in this tenant, which sorts as its items do.
   *
   * @example tenant.pack(["settings", "theme"]);
   * @throws ReservedKeyError when the first element is a byte string of one byte; TupleError for an item that no key holds
   */
  pack(items: readonly TupleItem[]): Uint8Array {
    return packApplicationKey(this.prefix, items);
  }

  /**
   * A key of the application's own with one `Versionstamp.incomplete()`, which the commit completes; the stamp's place
   * stands behind it, as `tx.keys.atomic("setVersionstampedKey", key, value)` takes it.
   *
   * @example
   * const key = tenant.packWithVersionstamp(["events", Versionstamp.incomplete()]);
   * await repo.transactional(tenant, async (tx) => tx.keys.atomic("setVersionstampedKey", key, Buffer.from("opened")));
   * @throws ReservedKeyError; TupleError without an incomplete stamp, or with two
   */
  packWithVersionstamp(items: readonly TupleItem[]): Uint8Array {
    return packStampedApplicationKey(this.prefix, items);
  }

  /**
   * The items of an application key of this tenant: what `pack` was given.
   *
   * @example tenant.unpack(tenant.pack(["visits", 5])); // ["visits", 5]
   * @throws TupleError when `key` is of another tenant or no tuple
   */
  unpack(key: Uint8Array): TupleItem[] {
    return unpackApplicationKey(this.prefix, key);
  }

  /**
   * All application keys that extend `items`, for `tx.keys.range` and `tx.keys.clear`.
   *
   * Without items: all whose first element is neither null nor bytes, because Plinth's own keys lie among those.
   *
   * @example const visits = await repo.transactional(tenant, (tx) => tx.keys.range(tenant.range(["visits"])));
   * @throws ReservedKeyError when the first element is a byte string of one byte
   */
  range(items: readonly TupleItem[] = []): KeyRange {
    return applicationRange(this.prefix, items);
  }

  /**
   * Whether two handles are of one tenant: the same id in the same store.
   *
   * @example tenant.equals(await Tenant.open(repo, "acme"));
   */
  equals(other: Tenant): boolean {
    if (this.id !== other.id) return false;
    return sameLife(this, other) || samePlace(this.#place, other.#place);
  }

  /** @internal Whether this is a handle of that store; one of another says nothing about the tenants there. */
  isIn(engine: Engine, storageId: string): boolean {
    return samePlace(this.#place, { engine, storageId });
  }

  /** The id alone: a handle is good in its process only. */
  toJSON(): { readonly id: string } {
    return { id: this.id };
  }

  [inspect.custom](): string {
    return `Tenant(${JSON.stringify(this.id)})`;
  }
}

markCopy(Tenant.prototype);

const handles = new HandleCache<TenantHost, Tenant>();

/** Every memory store has the same URL, so only others are known by it. */
function samePlace(a: Place, b: Place): boolean {
  if (a.storageId !== b.storageId) return false;
  return a.engine === b.engine || (a.engine.url === b.engine.url && a.engine.url !== "memory:");
}

function idOf(tenant: string | Tenant): string {
  if (tenant instanceof Tenant) return tenant.id;
  refuseOtherCopy(tenant, "The tenant");
  return tenant;
}

/** @throws InvalidOptionsError for what is no Repo, as when the arguments are the wrong way round */
function checkHost(host: unknown): void {
  if (typeof (host as TenantHost | null | undefined)?.engine === "function") return;
  throw new InvalidOptionsError(
    'The functions of Tenant take the Repo first and the id second: await Tenant.openOrCreate(repo, "acme").',
  );
}

/** @throws InvalidOptionsError */
function migratesBy(options: OpenOptions = {}): boolean {
  const isObject = typeof options === "object" && options !== null;
  const unknown = isObject ? Object.keys(options).find((name) => name !== "migrate") : undefined;
  if (!isObject || unknown !== undefined) {
    throw new InvalidOptionsError(
      `Opening a tenant ${unknown === undefined ? "takes an object of options" : `has no option ${JSON.stringify(unknown)}`}: ` +
        "Tenant.open(repo, id, { migrate: false }).",
    );
  }
  const { migrate = true } = options;
  if (typeof migrate !== "boolean")
    throw new InvalidOptionsError("{ migrate } of Tenant.open is true or false.");
  return migrate;
}

async function begin(host: TenantHost, id: string): Promise<{ engine: Engine; store: TenantStore }> {
  checkHost(host);
  checkTenantId(id);
  return { engine: await host.engine(), store: new TenantStore(host.storageId) };
}

/** The tenant that this process has opened before, if it is still there. */
async function known(
  host: TenantHost,
  id: string,
  tx: Transaction,
  store: TenantStore,
): Promise<FoundTenant | undefined> {
  const cached = handles.get(host, id);
  return cached === undefined ? undefined : store.refresh(tx, cached.handle, cached.stamp);
}

/** The handle of what was found, prepared by the host. */
async function opened(
  host: TenantHost,
  id: string,
  engine: Engine,
  found: FoundTenant,
  migrates: boolean,
): Promise<Tenant> {
  if (found.unfinished !== undefined && host.opensUnfinished !== true) {
    throw importUnfinished(id, found.unfinished);
  }
  if (found.copied !== undefined && "movedTo" in found.copied && host.opensUnfinished !== true) {
    throw tenantMoved(id, found.copied.movedTo);
  }
  const cached = handles.get(host, id)?.handle;
  const tenant =
    cached !== undefined && sameLife(cached, found)
      ? cached
      : handleOf(id, found, { engine, storageId: host.storageId });
  if (migrates) await host.prepareTenant(tenant);
  handles.put(host, tenant, await found.stamp);
  return tenant;
}

/** As {@link opened}; a tenant of this incarnation was just created, and goes again when it cannot be prepared. */
async function openedOrUndone(
  host: TenantHost,
  id: string,
  engine: Engine,
  found: FoundTenant,
  incarnation: Uint8Array,
  migrates: boolean,
): Promise<Tenant> {
  try {
    return await opened(host, id, engine, found, migrates);
  } catch (error) {
    // What kept it from being prepared is told in any case, also when it keeps the creation from being undone.
    if (equalBytes(found.incarnation, incarnation)) {
      await undoCreation(host, id, engine, found).catch(() => undefined);
    }
    throw error;
  }
}

/** Unless somebody else has opened the tenant meanwhile, and written into it. */
async function undoCreation(
  host: TenantHost,
  id: string,
  engine: Engine,
  created: StoredTenant,
): Promise<void> {
  const store = new TenantStore(host.storageId);
  await transact(engine, async (tx) => {
    const current = await store.refresh(tx, created, undefined);
    if (current !== undefined && !(await store.hasContent(tx, created))) await store.delete(tx, id);
  });
}

const nothing = new Uint8Array(0);

/** Runs `body` on what is stored under the id; false when nothing is. A handle must be of this very tenant. */
async function withStored(
  host: TenantHost,
  tenant: string | Tenant,
  body: (tx: Transaction, store: TenantStore, stored: FoundTenant) => Promise<void>,
): Promise<boolean> {
  const id = idOf(tenant);
  const { engine, store } = await begin(host, id);
  // Kept over the attempts: after a commit of unknown outcome the next one may find the work done by its own hand.
  let found: StoredTenant | undefined;
  const incarnation = newIncarnation();
  await transact(engine, async (tx) => {
    const stored = await store.find(tx, id, incarnation);
    if (stored === undefined) return;
    if (found !== undefined && !sameLife(found, stored)) return;
    if (tenant instanceof Tenant && !sameLife(stored, tenant)) {
      throw tenantGone(id);
    }
    found = stored;
    await body(tx, store, stored);
  });
  return found !== undefined;
}

const sameLife = (a: StoredTenant, b: StoredTenant): boolean => equalBytes(a.incarnation, b.incarnation);

async function remove(host: TenantHost, tenant: string | Tenant): Promise<boolean> {
  checkHost(host);
  refuseReadOnly(host, "delete");
  handles.forget(host, idOf(tenant));
  return withStored(host, tenant, (tx, store) => store.delete(tx, idOf(tenant)));
}

/** @throws ReadOnlyRepoError */
function refuseReadOnly(host: TenantHost, verb: string): void {
  checkHost(host);
  if (host.readOnly !== true) return;
  throw new ReadOnlyRepoError(
    `Tenant.${verb} writes, and this Repo only reads: it was made with { readOnly: true }. Use another one for it.`,
  );
}

const refusedCreation = (id: string): ReadOnlyRepoError =>
  new ReadOnlyRepoError(
    `There is no tenant ${JSON.stringify(id)}, and this Repo, made with { readOnly: true }, creates none. ` +
      "Create it with another Repo: await Tenant.create(repo, id).",
  );

function notFound(id: string): TenantNotFoundError {
  return new TenantNotFoundError(
    `There is no tenant ${JSON.stringify(id)}. Create it: await Tenant.create(repo, ${JSON.stringify(id)}), or open ` +
      `it whether or not it exists: await Tenant.openOrCreate(repo, ${JSON.stringify(id)}).`,
  );
}
