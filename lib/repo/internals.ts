/** Hands out the parts of a Repo that are for Sync and the CLI, not for applications. */

import type { Engine } from "../engine/index.js";
import type { LayerContext, MetadataCache } from "../layer/index.js";
import { astOf, type QueryAst } from "../query/index.js";
import type { SchemaInfo } from "../schema/index.js";
import type { Tenant } from "../tenant/index.js";
import type { Logger } from "./observe/index.js";
import { preparedBy } from "./read/index.js";
import type { Repo } from "./repo.js";
import { run, type Session, stateOfRepo, type TransactionOptions } from "./transaction/index.js";

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
  /** Whether the Repo has a `prepareQuery`. */
  readonly prepares: boolean;
  /** A live query as `prepareQuery` of the Repo makes it. */
  prepareQuery(query: QueryAst): QueryAst;
  /** Whether `prepareQuery` of the Repo adds to the queries of a schema, which reads by key alone do not test. */
  restricts(info: SchemaInfo): boolean;
  /** Calls `fn` when the Repo closes, before its engine does; gives a function that takes it back. */
  onClose(fn: () => unknown): () => void;
}

const live = { operation: "live", tenant: undefined, context: undefined } as const;

export function internals(repo: Repo): RepoInternals {
  const { core } = stateOfRepo(repo);
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
    prepares: core.config.prepareQuery !== undefined,
    prepareQuery: (query) => preparedBy(core, query, live),
    restricts: (info) => {
      if (core.config.prepareQuery === undefined) return false;
      const all = astOf(info.schema);
      const { where, or, filters } = preparedBy(core, all, live);
      return where.length + or.length + filters.length > 0;
    },
    run: async (tenant, body, options = {}) => {
      // Each bound Repo was made by `bind` of the class.
      const attempt = (session: Session) =>
        body(Object.assign(session.layer, { repo: session.repo as Repo }));
      return (await run(core, tenant, attempt, options)).value;
    },
    onClose: (fn) => core.onClose(fn),
  };
}
