/** An engine on a store that several processes share: one of them owns and serves it, the others reach it through that one.
 *
 * When the owner ends, one of the others becomes the owner; what was on its way is refused or of unknown outcome, as
 * after the end of a cluster's server.
 */

import { existsSync, realpathSync } from "node:fs";
import { EngineClosedError, StoreLockedError, StoreOptionsError } from "../../errors.js";
import type { Engine, StoreLives, Transaction, TransactionDefaults } from "../port/index.js";
import { EngineError } from "../port/index.js";
import { type BackupOptions, type BackupResult, backup } from "./backup/index.js";
import type { EmbeddedEngine } from "./embedded-engine.js";
import { type EmbeddedOptions, openEmbedded } from "./open-embedded.js";
import { type AskedOptions, Link, type RemoteHost, RemoteTransaction, serveStore } from "./share/index.js";
import { type StoreStat, statOf } from "./store-stat.js";

/** Milliseconds that an owner may take to listen, or the next one to be found. */
const PATIENCE = 5_000;
const AGAIN_MS = 25;

interface Owned {
  readonly engine: EmbeddedEngine;
  close(): Promise<void>;
}

/** Whether this process may become the owner, or only reach one. */
type Role = "shares" | "joins" | "reads";

export class SharedEngine implements Engine, RemoteHost {
  readonly kind = "embedded";
  readonly lives: StoreLives = {
    nameAt: (version) => this.owned?.engine.lives.nameAt(version) ?? this.link?.nameAt(Number(version)) ?? "",
    knows: (name) => this.owned?.engine.lives.knows(name) ?? this.link?.knows(name) ?? false,
  };
  closed = false;
  link: Link | undefined;
  private owned: Owned | undefined;
  private seeking: Promise<void> | undefined;
  private leaving: Promise<void> | undefined;

  private constructor(
    readonly url: string,
    private readonly path: string,
    private readonly options: EmbeddedOptions,
    private readonly role: Role,
    private readonly locked: StoreLockedError | undefined,
  ) {}

  /** @param locked why the store could not be opened here, for the error when nobody serves it */
  static async open(
    path: string,
    options: EmbeddedOptions,
    role: Role,
    locked?: StoreLockedError,
  ): Promise<SharedEngine> {
    if (options.clock !== undefined)
      throw new StoreOptionsError("A shared store has one clock, its owner's: leave the option clock out.");
    const engine = new SharedEngine(
      `embedded:${path}${role === "joins" ? "" : role === "shares" ? "?share" : "?readonly"}`,
      path,
      options,
      role,
      locked,
    );
    await engine.seek();
    return engine;
  }

  begin(options?: TransactionDefaults): Transaction {
    if (this.closed) throw new EngineClosedError("The engine was closed; open it again before use.");
    const all =
      options === undefined ? defaultsOf(this.options) : { ...defaultsOf(this.options), ...options };
    return this.beginHere(all) ?? new RemoteTransaction(this, all);
  }

  beginHere(options: TransactionDefaults): Transaction | undefined {
    return this.owned?.engine.begin(options);
  }

  async reconnected(): Promise<void> {
    if (this.closed) throw new EngineError(1025, "the engine was closed");
    if (this.link?.dead === true && this.owned === undefined) this.search();
    await this.seeking;
  }

  /** The engine of this process, when it is the owner. */
  get own(): EmbeddedEngine | undefined {
    return this.owned?.engine;
  }

  async backup(path: string, options: BackupOptions): Promise<BackupResult> {
    if (this.owned !== undefined) return backup(this.owned.engine.store, path, options);
    const result = (await this.ask("backup", path)) as Omit<BackupResult, "version"> & { version: number };
    return { ...result, version: BigInt(result.version) };
  }

  async advance(version: number): Promise<void> {
    if (this.owned !== undefined) await this.owned.engine.store.advance(version);
    else await this.ask("advance", version);
  }

  async stat(): Promise<StoreStat> {
    return this.owned === undefined
      ? ((await this.ask("stat", null)) as StoreStat)
      : statOf(this.owned.engine);
  }

  close(): Promise<void> {
    this.leaving ??= this.leave();
    return this.leaving;
  }

  private async ask(word: "backup" | "advance" | "stat", arg: unknown): Promise<unknown> {
    if (this.closed || this.link === undefined) throw new EngineClosedError("The engine was closed.");
    return this.link.command(word, arg);
  }

  private async leave(): Promise<void> {
    this.closed = true;
    await this.seeking?.catch(() => undefined);
    if (this.owned !== undefined) await this.owned.close();
    else await this.link?.leave(new EngineError(1025, "the engine was closed"), new EngineError(1101));
  }

  /** Becomes the owner, or finds the one there is. */
  private async seek(): Promise<void> {
    const until = performance.now() + PATIENCE;
    for (;;) {
      const refusal = this.role === "shares" ? await this.becomeOwner() : undefined;
      if (this.owned !== undefined) return;
      const asked = { ...askedOf(this.options), ...(this.role === "reads" ? { readOnly: true } : {}) };
      const link = await Link.connect(folderOf(this.path), asked);
      if (link !== undefined) {
        this.follow(link);
        return;
      }
      if (this.closed) return;
      if (this.role !== "shares" || performance.now() > until)
        throw notShared(this.path, refusal ?? this.locked);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * (0.5 + Math.random())));
    }
  }

  /** The store as its owner, which serves it; otherwise why not. */
  private async becomeOwner(): Promise<StoreLockedError | undefined> {
    try {
      const engine = (await openEmbedded(this.path, this.options)) as EmbeddedEngine;
      this.owned = await owning(engine, this.path);
      return undefined;
    } catch (error) {
      if (error instanceof StoreLockedError) return error;
      throw error;
    }
  }

  private follow(link: Link): void {
    this.link = link;
    void link.ended.then(() => {
      if (!this.closed) this.search();
    });
  }

  /** One at a time; what it fails with is told to the transactions that wait for it, and the next of them searches again. */
  private search(): void {
    if (this.seeking !== undefined) return;
    const seeking = this.seek().finally(() => {
      this.seeking = undefined;
    });
    seeking.catch(() => undefined);
    this.seeking = seeking;
  }
}

const defaultsOf = ({
  timeoutMs,
  retryLimit,
  maxRetryDelayMs,
  sizeLimit,
}: EmbeddedOptions): TransactionDefaults => ({
  ...(timeoutMs === undefined ? {} : { timeoutMs }),
  ...(retryLimit === undefined ? {} : { retryLimit }),
  ...(maxRetryDelayMs === undefined ? {} : { maxRetryDelayMs }),
  ...(sizeLimit === undefined ? {} : { sizeLimit }),
});

const askedOf = ({ durability, maxWatches, checkConflicts }: EmbeddedOptions): AskedOptions => ({
  ...(durability === undefined ? {} : { durability }),
  ...(maxWatches === undefined ? {} : { maxWatches }),
  ...(checkConflicts === undefined ? {} : { checkConflicts }),
});

const folderOf = (path: string): string => (existsSync(path) ? realpathSync(path) : path);

function notShared(path: string, refusal: StoreLockedError | undefined): StoreLockedError {
  const why = refusal?.message ?? `No process serves the store in ${path}.`;
  return new StoreLockedError(
    `${why} It does not share it: open it there with "embedded:${path}?share", and other processes reach it by the same URL.`,
    { cause: refusal },
  );
}

/** Servers of this process by store: handles of it share one. */
const servers = new WeakMap<object, { users: number; server: ReturnType<typeof serveStore> }>();

async function owning(engine: EmbeddedEngine, path: string): Promise<Owned> {
  const { store } = engine;
  const folder = realpathSync(path);
  const entry = servers.get(store) ?? {
    users: 0,
    server: serveStore(folder, async (asked) => {
      const handle = (await openEmbedded(folder, asked)) as EmbeddedEngine;
      return {
        begin: (options) => handle.begin(options),
        state: () => store.known(),
        stat: () => statOf(handle),
        advance: (version) => store.advance(version),
        async backup(to) {
          const result = await backup(store, to, {});
          return { ...result, version: Number(result.version) };
        },
        close: () => handle.close(),
      };
    }),
  };
  servers.set(store, entry);
  entry.users++;
  const close = async (): Promise<void> => {
    if (--entry.users === 0) {
      servers.delete(store);
      await entry.server.then((server) => server.close()).catch(() => undefined);
    }
    await engine.close();
  };
  try {
    await entry.server;
    return { engine, close };
  } catch (error) {
    await close();
    throw error;
  }
}
