/** Removes old entries from the logs of all tenants, in the background. */

import { randomUUID } from "node:crypto";
import type { Engine, Transaction } from "../../engine/index.js";
import { transact } from "../../engine/index.js";
import { TenantGoneError, TenantNotFoundError } from "../../errors.js";
import {
  createContext,
  logBegin,
  MetadataCache,
  metaKeys,
  readIndexes,
  trimLog,
  verifyTenant,
} from "../../layer/index.js";
import { atRoot } from "../../repo/index.js";
import { space, Tenant, type TenantHost, TenantStore } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import { progressed, type Retention, type Sweep, visit, visitEvery } from "./retention.js";

export interface TrimmerOptions {
  readonly storageId: string;
  readonly retentionMs: number;
  /** The store; undefined while nobody has opened it. */
  readonly engine: () => Engine | undefined;
  readonly warn: (error: unknown, message: string) => void;
  /** Milliseconds since 1970; default the clock. */
  readonly now?: () => number;
}

/** Tenants of one visit. */
export const tenantsPerVisit = 50;
/** Milliseconds until the first visit, at most; and between two visits of a sweep. */
const soonMs = { first: 60_000, next: 1_000 };

/** Of all processes with such a trimmer, one at a time goes through the tenants, some at each visit. */
export class LogTrimmer {
  readonly #owner = randomUUID();
  readonly #store: TenantStore;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #visiting: Promise<unknown> = Promise.resolve();
  #stopped = false;

  constructor(private readonly options: TrimmerOptions) {
    this.#store = new TenantStore(options.storageId);
  }

  start(): void {
    this.#wait(Math.min(soonMs.first, visitEvery(this.options.retentionMs)));
  }

  /** Resolves when a visit that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#visiting;
  }

  #wait(ms: number): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#visiting = atRoot(() => this.#visitAndWait());
    }, ms);
    this.#timer.unref();
  }

  async #visitAndWait(): Promise<void> {
    let waitMs = visitEvery(this.options.retentionMs);
    try {
      waitMs = await this.visit();
    } catch (error) {
      if (!this.#stopped)
        this.options.warn(error, "Old log entries were not removed; the next visit tries again.");
    }
    this.#wait(waitMs);
  }

  /** Does what there is to do, for a few tenants. Resolves to the milliseconds until the next visit. */
  async visit(): Promise<number> {
    const engine = this.options.engine();
    if (engine === undefined) return soonMs.first;
    const { sweep, waitMs } = await transact(engine, (tx) => this.#claim(tx));
    if (sweep === undefined) return waitMs;
    const ids = await transact(engine, (tx) => this.#store.list(tx, sweep.after, tenantsPerVisit));
    for (const id of ids) {
      if (this.#stopped) return 0;
      await this.#trim(engine, id, BigInt(sweep.through));
    }
    const last = ids.length < tenantsPerVisit ? undefined : ids.at(-1);
    await transact(engine, (tx) => this.#progress(tx, last));
    return last === undefined ? visitEvery(this.options.retentionMs) : soonMs.next;
  }

  async #claim(tx: Transaction): Promise<{ sweep?: Sweep; waitMs: number }> {
    const { retentionMs } = this.options;
    const key = retentionKey(await this.#store.home(tx));
    const [state, version] = await Promise.all([read(tx, key), tx.getReadVersion()]);
    const { next, ...found } = visit(state, { owner: this.#owner, nowMs: this.#now(), version, retentionMs });
    if (next !== undefined) write(tx, key, next);
    return found;
  }

  async #progress(tx: Transaction, last: string | undefined): Promise<void> {
    const key = retentionKey(await this.#store.home(tx));
    const next = progressed(await read(tx, key), this.#owner, this.#now(), last);
    if (next !== undefined) write(tx, key, next);
  }

  /** One tenant that cannot be trimmed does not hold up the others. */
  async #trim(engine: Engine, id: string, through: bigint): Promise<void> {
    const { storageId, warn } = this.options;
    // As it is: looking after old entries is no reason to migrate a tenant, or to remember it.
    const host: TenantHost = {
      storageId,
      engine: () => Promise.resolve(engine),
      prepareTenant: () => Promise.resolve(),
      opensUnfinished: true,
    };
    try {
      const tenant = await Tenant.open(host, id);
      await transact(engine, (tx) => trimLogs(tx, tenant, through));
    } catch (error) {
      if (error instanceof TenantGoneError || error instanceof TenantNotFoundError || this.#stopped) return;
      warn(error, `The logs of the tenant ${JSON.stringify(id)} were not trimmed.`);
    }
  }

  #now(): number {
    return (this.options.now ?? Date.now)();
  }
}

/** Where the processes of a store agree on who trims, behind the prefix of the directory of all tenants. */
export const retentionKey = (home: Uint8Array): Uint8Array => pack([space.meta, "retention"], home);

async function read(tx: Transaction, key: Uint8Array): Promise<Retention> {
  const stored = await tx.get(key);
  return stored === undefined ? { marks: [] } : (JSON.parse(Buffer.from(stored).toString()) as Retention);
}

const write = (tx: Transaction, key: Uint8Array, state: Retention): void =>
  tx.set(key, Buffer.from(JSON.stringify(state)));

/**
 * Removes what is no newer than `through` from every log of a tenant, by one range clear each; logs without such
 * entries cost one read.
 */
export async function trimLogs(tx: Transaction, tenant: Tenant, through: bigint): Promise<void> {
  await verifyTenant(createContext(tx, tenant, new MetadataCache()));
  const indexes = await readIndexes(tx, tenant, metaKeys.allIndexes(tenant));
  const sources = new Set(indexes.filter(({ kind }) => kind === "metadata").map(({ source }) => source));
  await Promise.all(
    Array.from(sources, async (source) => {
      const oldest = await logBegin(tx, tenant, source);
      if (oldest !== undefined && oldest <= through) trimLog(tx, tenant, source, through + 1n);
    }),
  );
}
