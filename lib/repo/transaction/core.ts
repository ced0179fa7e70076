import { type Engine, openEngine } from "../../engine/index.js";
import { InvalidOptionsError, RepoClosedError } from "../../errors.js";
import { MetadataCache } from "../../layer/index.js";
import { Tenant, type TenantHost } from "../../tenant/index.js";
import { Ambient } from "./ambient.js";
import { HotRecords } from "./hot-records.js";
import { checkLimits, checkOptions, type RepoOptions, type TransactionDefaultOptions } from "./options.js";

/** The configuration that a Repo runs with. */
export interface RepoConfig {
  /** After `PLINTH_URL`; `undefined` for a Repo on a given engine. */
  readonly url: string | undefined;
  readonly storageId: string;
  readonly tenantId: string | undefined;
  readonly migrations: NonNullable<RepoOptions["migrations"]>;
  readonly transaction: TransactionDefaultOptions;
}

const optionNames: ReadonlySet<string> = new Set([
  "url",
  "engine",
  "storageId",
  "migrations",
  "tenantId",
  "logger",
  "transaction",
]);

function configOf(options: RepoOptions): RepoConfig {
  checkOptions("new Repo", options, optionNames);
  const { storageId, tenantId, migrations = [], transaction = {}, engine } = options;
  if (typeof storageId !== "string" || storageId === "") {
    throw new InvalidOptionsError(
      'new Repo needs a storageId, the name of the application in the store: new Repo({ url, storageId: "my-app" }).',
    );
  }
  if (tenantId !== undefined && (typeof tenantId !== "string" || tenantId === "")) {
    throw new InvalidOptionsError("tenantId is a non-empty string: the one tenant of a single-tenant Repo.");
  }
  checkLimits(transaction, "new Repo({ transaction })");
  if (!Array.isArray(migrations)) {
    throw new InvalidOptionsError(
      "migrations is a list of versions and classes: [[1, Catalog], [2, Prices]].",
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
    transaction: Object.freeze({ ...transaction }),
  });
}

/** What a Repo and the Repos bound to its transactions share. */
export class RepoCore {
  readonly config: RepoConfig;
  readonly metadata = new MetadataCache();
  readonly ambient = new Ambient();
  readonly hot = new HotRecords();
  readonly logger: RepoOptions["logger"];
  /** Set once the engine is open, to save the wait for it. */
  opened: Engine | undefined;
  /** Idempotency keys whose transactions are known to be done, by tenant. */
  readonly spent = new WeakMap<Tenant, Uint8Array[]>();
  readonly #given: Engine | undefined;
  #opening: Promise<Engine> | undefined;
  #tenant: Promise<Tenant> | undefined;
  #closed = false;
  readonly #onClose = new Set<() => unknown>();

  constructor(options: RepoOptions) {
    this.config = configOf(options);
    this.#given = options.engine;
    this.logger = options.logger;
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
  defaultTenant(host: TenantHost): Promise<Tenant> | undefined {
    const { tenantId } = this.config;
    if (tenantId === undefined) return undefined;
    if (this.#tenant === undefined) {
      this.#tenant = Tenant.openOrCreate(host, tenantId);
      this.#tenant.catch(() => {
        this.#tenant = undefined;
      });
    }
    return this.#tenant;
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
