/** Copies the tenants of one store into another one, whatever their engines are. */

import { DirectoryLayer } from "../../directory/index.js";
import { advanceStore, type Engine, transact } from "../../engine/index.js";
import { CopyError, InvalidOptionsError, TenantNotFoundError } from "../../errors.js";
import { space, Tenant, type TenantHost, TenantStore } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import { type TenantCopy, TenantCopyJob } from "./copy-tenant.js";
import { notEmpty, refusalOf, Target } from "./target.js";

/** How far a copy is. */
export interface CopyProgress {
  /** The storage id of the tenant. */
  readonly storageId: string;
  /** The id of the tenant that is being copied. */
  readonly tenant: string;
  /** Keys of the tenant that were copied so far, those that had to be copied again included. */
  readonly keys: number;
  /** Tenants that are done. */
  readonly done: number;
  /** Tenants that there are to copy. */
  readonly tenants: number;
}

/** Options of `copyStore`. */
export interface CopyOptions {
  /** Default: every storage id of the source. */
  readonly storageId?: string;
  /** Ids of tenants. Default: all. */
  readonly tenants?: readonly string[];
  /** Leaves each tenant of the source moved: whoever opens it or writes to it is told so. Default false. */
  readonly move?: boolean;
  /** Milliseconds that writers of a tenant wait at most for its last changes. Default 5,000. */
  readonly stopMs?: number;
  /** Ends it: the call rejects with its reason, and another one goes on. Default: none. */
  readonly signal?: AbortSignal;
  /** Told how far the copy of a tenant is. Default: nobody is. */
  readonly onProgress?: (progress: CopyProgress) => void;
}

/** A tenant that was copied, verified by count and hash. */
export interface CopiedTenant extends TenantCopy {
  /** The storage id of the tenant. */
  readonly storageId: string;
  /** The id of the tenant. */
  readonly tenant: string;
  /** Whether the tenant of the source was left moved. */
  readonly moved: boolean;
  /** A run before this one had begun it. */
  readonly resumed: boolean;
}

/** Microseconds of versions that are worth waiting for on a store whose versions cannot be moved. */
const WORTH_WAITING = 15_000_000n;
const names = ["storageId", "tenants", "move", "stopMs", "signal", "onProgress"];
const directories = new DirectoryLayer();

/**
 * Copies tenants of the store `from` into the store `to`, one after the other: records, indexes, counters, the change log
 * and the application's keys. Each is copied while it is written to, with a short stop of its writers at the end, and is
 * then the tenant as it was at one version. A run that broke off is gone on with by the next one.
 *
 * @throws CopyError when a tenant of `to` holds something else, before anything is written; TenantNotFoundError
 * @example
 * const target = await openEngine("fdb:");
 * for await (const { tenant, keys, sha256 } of copyStore(engine, target, { storageId: "my-app" })) console.log(tenant, keys, sha256);
 */
export async function* copyStore(
  from: Engine,
  to: Engine,
  options: CopyOptions = {},
): AsyncGenerator<CopiedTenant, void, undefined> {
  checkOptions(options);
  if (from === to || from.url === to.url) {
    throw new CopyError(`${from.url} is the source and the target of the copy. Name two stores.`);
  }
  const chosen = await chosenTenants(from, options);
  for (const { storageId, id } of chosen) {
    const why = await refusalOf(to, storageId, id, from.url);
    if (why !== undefined) throw notEmpty(id, to.url, why);
  }
  await requireVersions(from, to);
  const signal = options.signal ?? new AbortController().signal;
  let done = 0;
  for (const { storageId, id } of chosen) {
    signal.throwIfAborted();
    const tenant = await Tenant.open(hostOf(from, storageId), id);
    await copyCursorKeys(from, to, storageId);
    const target = await Target.take(to, storageId, id, from.url, Date.now());
    const job = new TenantCopyJob(from, tenant, target, {
      signal,
      stopMs: options.stopMs ?? 5_000,
      movedTo: options.move === true ? to.url : undefined,
      onProgress: (keys) =>
        options.onProgress?.({ storageId, tenant: id, keys, done, tenants: chosen.length }),
    });
    const copied = await job.run();
    await reach(to, copied.version);
    await target.finish();
    done++;
    yield { storageId, tenant: id, ...copied, moved: options.move === true, resumed: target.resumed };
  }
}

function checkOptions(options: CopyOptions): void {
  for (const name of Object.keys(options)) {
    if (names.includes(name)) continue;
    throw new InvalidOptionsError(`copyStore knows no option ${name}. There are: ${names.join(", ")}.`);
  }
  const { stopMs } = options;
  if (stopMs !== undefined && (!Number.isInteger(stopMs) || stopMs < 1))
    throw new InvalidOptionsError(`stopMs of copyStore is a number of milliseconds, not ${String(stopMs)}.`);
}

/** Opens tenants as they are, without applying migrations. */
const hostOf = (engine: Engine, storageId: string): TenantHost => ({
  storageId,
  engine: () => Promise.resolve(engine),
  prepareTenant: () => Promise.resolve(),
});

interface Chosen {
  readonly storageId: string;
  readonly id: string;
}

async function chosenTenants(from: Engine, { storageId, tenants }: CopyOptions): Promise<Chosen[]> {
  const storageIds =
    storageId === undefined ? await transact(from, (tx) => directories.list(tx)) : [storageId];
  const chosen: Chosen[] = [];
  for (const one of storageIds)
    for await (const id of Tenant.list(hostOf(from, one)))
      if (await isTenant(from, one, id)) chosen.push({ storageId: one, id });
  if (tenants === undefined || tenants.length === 0) return chosen;
  for (const id of tenants) {
    if (chosen.some((one) => one.id === id)) continue;
    throw new TenantNotFoundError(
      `There is no tenant ${JSON.stringify(id)} in ${from.url}` +
        (storageId === undefined ? "." : ` under the storage id ${JSON.stringify(storageId)}.`),
    );
  }
  return chosen.filter(({ id }) => tenants.includes(id));
}

/** Other directories of the application stay where they are. */
async function isTenant(engine: Engine, storageId: string, id: string): Promise<boolean> {
  const layer = Buffer.from("plinth");
  return transact(engine, async (tx) => layer.equals((await directories.open(tx, [storageId, id])).layer));
}

/** What is written to the target later has to sort behind what the source has stamped. */
async function requireVersions(from: Engine, to: Engine): Promise<void> {
  const [there, here] = await Promise.all([
    transact(from, (tx) => tx.getReadVersion()),
    transact(to, (tx) => tx.getReadVersion()),
  ]);
  if (here >= there || (await advanceStore(to, there)) || there - here <= WORTH_WAITING) return;
  throw new CopyError(
    `The versions of ${to.url} (${here}) are behind those of ${from.url} (${there}): new entries of the change log, and ` +
      "new ids of type versionstamp, would sort before those that are copied. Move the cluster ahead, then copy: " +
      `fdbcli --exec "advanceversion ${there + 600_000_000n}"`,
  );
}

async function reach(to: Engine, version: bigint): Promise<void> {
  for (;;) {
    if ((await transact(to, (tx) => tx.getReadVersion())) >= version) return;
    if (await advanceStore(to, version)) continue;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** With them cursors that the source gave are known in the target, and answered with a snapshot instead of refused. */
async function copyCursorKeys(from: Engine, to: Engine, storageId: string): Promise<void> {
  const store = new TenantStore(storageId);
  const keyIn = (home: Uint8Array): Uint8Array => pack([space.meta, "cursor-keys"], home);
  const keys = await transact(from, async (tx) => tx.get(keyIn(await store.home(tx))));
  if (keys === undefined) return;
  await transact(to, async (tx) => {
    const at = keyIn(await store.home(tx));
    if ((await tx.get(at)) === undefined) tx.set(at, keys);
  });
}
