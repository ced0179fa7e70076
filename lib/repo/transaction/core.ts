/** What a Repo shares with those bound to its transactions: configuration, engine and caches, until it is closed. */

import { type Engine, openEngine, type Transaction } from "../../engine/index.js";
import { RepoClosedError } from "../../errors.js";
import { MetadataCache } from "../../layer/index.js";
import { Tenant, type TenantHost } from "../../tenant/index.js";
import { beginningLate, HotRecords } from "../group/index.js";
import { timeOf } from "../options/index.js";
import { Ambient } from "./ambient.js";
import { configOf, type RepoConfig, type RepoOptions } from "./config.js";
import type { BoundRepo, Session } from "./session.js";

export class RepoCore {
  readonly config: RepoConfig;
  readonly metadata = new MetadataCache();
  readonly ambient = new Ambient();
  readonly hot: HotRecords;
  readonly logger: RepoOptions["logger"];
  /** Set once the engine is open, to save the wait for it. */
  opened: Engine | undefined;
  /** Idempotency keys whose transactions are known to be done, by tenant. */
  readonly spent: WeakMap<Tenant, Uint8Array[]> = new WeakMap();
  readonly #given: Engine | undefined;
  #opening: Promise<Engine> | undefined;
  #tenant: Promise<Tenant> | undefined;
  #closed = false;
  #late: Engine | undefined;
  readonly #onClose = new Set<() => unknown>();

  constructor(
    options: RepoOptions,
    /** The Repo, for opening its tenant. */
    private readonly host: TenantHost,
    /** Makes the Repo that is bound to a transaction. */
    readonly bind: (session: Session) => BoundRepo,
  ) {
    this.config = configOf(options);
    this.#given = options.engine;
    this.logger = options.logger;
    this.hot = new HotRecords(this.config.groupCommit ? () => this.#begin() : undefined);
  }

  /** The engine as transactions that may go into a group use it: {@link beginningLate}. */
  beginningLate(engine: Engine): Engine {
    this.#late ??= beginningLate(engine);
    return this.#late;
  }

  #begin(): Transaction {
    if (this.opened === undefined) throw closed();
    return this.opened.begin();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** @throws RepoClosedError, and what `openEngine` throws */
  engine(): Promise<Engine> {
    if (this.#closed) return Promise.reject(closed());
    if (this.#opening === undefined) {
      this.#opening = this.#given === undefined ? openEngine(this.config.url!) : Promise.resolve(this.#given);
      this.#opening.then(
        (engine) => {
          this.opened = engine;
        },
        () => {
          this.#opening = undefined;
        },
      );
    }
    return this.#opening;
  }

  /** The tenant of a single-tenant Repo, opened on first use. */
  defaultTenant(): Promise<Tenant> | undefined {
    const { tenantId } = this.config;
    if (tenantId === undefined) return undefined;
    if (this.#tenant === undefined) {
      this.#tenant = Tenant.openOrCreate(this.host, tenantId);
      this.#tenant.catch(() => {
        this.#tenant = undefined;
      });
    }
    return this.#tenant;
  }

  /** The present, for timestamps. */
  clock(): Date {
    return timeOf(this.config.now);
  }

  /** Runs `fn` before the engine closes. Gives a function that takes it back. */
  onClose(fn: () => unknown): () => void {
    this.#onClose.add(fn);
    return () => this.#onClose.delete(fn);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#onClose].map((fn) => fn()));
    const opening = this.#opening;
    this.opened = undefined;
    if (opening === undefined || this.#given !== undefined) return;
    const engine = await opening.catch(() => undefined);
    await engine?.close();
  }
}

export function closed(): RepoClosedError {
  return new RepoClosedError(
    "The Repo is closed. Close it last, when nothing uses it any more; or make a new Repo.",
  );
}
