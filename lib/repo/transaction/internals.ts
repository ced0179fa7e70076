import type { Engine } from "../../engine/index.js";
import type { LayerContext, MetadataCache } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { Repo } from "../index.js";
import type { Logger } from "../observe/index.js";
import type { TransactionOptions } from "./options.js";
import { run } from "./run.js";
import { stateOfRepo } from "./state.js";

/** A layer context with the Repo bound to its transaction. */
export interface RepoContext extends LayerContext {
  readonly repo: Repo;
}

/** What Sync and the CLI use of a Repo. */
export interface RepoInternals {
  engine(): Promise<Engine>;
  /** The engine, once something has opened it. */
  readonly opened: Engine | undefined;
  readonly metadata: MetadataCache;
  readonly storageId: string;
  readonly logger: Logger | undefined;
  readonly closed: boolean;
  /** One transaction with retries, never joined with one around it; read-only when the body does not write. */
  run<T>(tenant: Tenant, body: (ctx: RepoContext) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /** Calls `fn` when the Repo closes, before its engine does; gives a function that takes it back. */
  onClose(fn: () => unknown): () => void;
}

/** The parts of a Repo that are not for applications. */
export function internals(repo: Repo): RepoInternals {
  const { core, bind } = stateOfRepo(repo);
  return {
    engine: () => core.engine(),
    get opened() {
      return core.opened;
    },
    metadata: core.metadata,
    storageId: core.config.storageId,
    logger: core.logger,
    get closed() {
      return core.closed;
    },
    run: async (tenant, body, options = {}) => {
      const attempt = (session: Parameters<Parameters<typeof run>[3]>[0]) =>
        body(Object.assign(session.layer, { repo: session.repo }) as RepoContext) as Promise<never>;
      return (await run(core, bind, tenant, attempt, options)).value;
    },
    onClose: (fn) => core.onClose(fn),
  };
}
