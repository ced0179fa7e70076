/** Reads the rows of a query, with their preloads, in the transaction of the call. */

import { createContext, type LayerContext } from "../../layer/index.js";
import {
  type FoundRow,
  type Plan,
  planFor,
  project,
  type QueryAst,
  runPlan,
  subjectOf,
} from "../../query/index.js";
import { space } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import { currentTrace } from "../observe/index.js";
import { boundedReads } from "../options/index.js";
import { preloadInto } from "../related/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { preloadingIn } from "./preloading-in.js";
import { preparedBy } from "./prepared.js";
import { type ReadOptions, readOptions } from "./read-options.js";

interface Read {
  readonly plan: Plan;
  readonly found: readonly FoundRow[];
}

/** What a call says of its reads. */
export type ReadWays = Pick<ReadOptions, "snapshot" | "maxKeys" | "context">;

/** The query as the Repo has it run in a transaction. */
export const preparedIn = (
  { core }: RepoState,
  session: Session,
  operation: string,
  ast: QueryAst,
  { context }: ReadWays,
): QueryAst => preparedBy(core, ast, { operation, tenant: session.tenant, context });

/** The transaction's layer, whose reads end where those of the call must. */
export function boundedLayer({ layer }: Session, what: string, maxKeys: number | undefined): LayerContext {
  if (maxKeys === undefined) return layer;
  const own = pack([space.meta], layer.tenant.prefix);
  const isOwn = (key: Uint8Array) => key[0] === 0xff || Buffer.from(key.subarray(0, own.length)).equals(own);
  const tx = boundedReads(layer.tx, maxKeys, what, (key) => !isOwn(key));
  return createContext(tx, layer.tenant, layer.metadata, layer.attempt);
}

/** Plans and runs a prepared query in a transaction, with its preloads. */
export async function readIn(
  state: RepoState,
  session: Session,
  operation: string,
  ast: QueryAst,
  ways: ReadWays = {},
): Promise<Read> {
  const { snapshot = session.snapshot, maxKeys } = ways;
  const gate = session.reading();
  if (gate !== undefined) await gate;
  const plan = await planFor(session.layer, ast);
  const trace = currentTrace();
  if (trace !== undefined) trace.index = plan.path.index?.name;
  const layer = boundedLayer(session, `repo.${operation} on ${subjectOf(ast)}`, maxKeys);
  const found = await runPlan(layer, ast, plan, { snapshot });
  if (ast.preload.length > 0) {
    const records = found.map(({ record }) => record);
    await preloadInto(
      preloadingIn(state, session, layer, { ...ways, snapshot }),
      ast.info!,
      records,
      ast.preload,
    );
  }
  return { plan, found };
}

/** The rows of a query as the caller gets them. */
export async function readRows<R>(
  state: RepoState,
  ast: QueryAst,
  operation: string,
  given: ReadOptions = {},
): Promise<R[]> {
  return rowsOf(state, ast, operation, readOptions(state, operation, given));
}

/** @param all reads past `prepareQuery`: for what must know of every row */
export async function rowsOf<R>(
  state: RepoState,
  ast: QueryAst,
  operation: string,
  options: ReadOptions,
  all = false,
): Promise<R[]> {
  return operate(
    state,
    agreedTenant(options.tenant),
    async (session) => {
      const query = all ? ast : preparedIn(state, session, operation, ast, options);
      const { found } = await readIn(state, session, operation, query, options);
      return found.map(({ record }) => project(ast, record) as R);
    },
    options,
  );
}
