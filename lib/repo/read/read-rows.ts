/** Reads the rows of a query, with their preloads, in the transaction of the call. */

import { type FoundRow, type Plan, planFor, project, type QueryAst, runPlan } from "../../query/index.js";
import { currentTrace } from "../observe/index.js";
import { preloadInto } from "../related/index.js";
import { agreedTenant, checkOptions, operate, type RepoState, type Session } from "../transaction/index.js";
import { preloadingIn } from "./preloading-in.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";

interface Read {
  readonly plan: Plan;
  readonly found: readonly FoundRow[];
}

/** Plans and runs a query in a transaction, with its preloads. */
export async function readIn(session: Session, ast: QueryAst, snapshot = session.snapshot): Promise<Read> {
  const gate = session.reading();
  if (gate !== undefined) await gate;
  const plan = await planFor(session.layer, ast);
  const trace = currentTrace();
  if (trace !== undefined) trace.index = plan.path.index?.name;
  const found = await runPlan(session.layer, ast, plan, { snapshot });
  if (ast.preload.length > 0) {
    const records = found.map(({ record }) => record);
    await preloadInto(preloadingIn(session, { snapshot }), ast.info!, records, ast.preload);
  }
  return { plan, found };
}

/** The rows of a query as the caller gets them. */
export async function readRows<R>(
  state: RepoState,
  ast: QueryAst,
  operation: string,
  options: ReadOptions = {},
): Promise<R[]> {
  checkOptions(operation, options, readOptionNames);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const { found } = await readIn(session, ast, options.snapshot ?? session.snapshot);
    return found.map(({ record }) => project(ast, record) as R);
  });
}
