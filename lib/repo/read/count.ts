/** Counts the rows of a query, and tells whether there are any. */

import { metadataOf } from "../../layer/index.js";
import { keyFields, planCount, type QueryAst, readCount, subjectOf } from "../../query/index.js";
import { currentTrace } from "../observe/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptions } from "./read-options.js";
import { boundedLayer, preparedIn, readIn } from "./read-rows.js";

/** What counting needs of a query: the keys, which an index tells without the rows, in any order. */
function keysOnly(ast: QueryAst): QueryAst {
  const ordered = ast.after !== undefined || ast.distinct !== undefined || ast.ties;
  return Object.freeze({
    ...ast,
    preload: [],
    ...(ordered ? {} : { order: [], reverse: false }),
    ...(ast.filters.length > 0 ? {} : { select: { fields: keyFields(ast.info), single: false } }),
  });
}

interface Counting {
  readonly state: RepoState;
  readonly session: Session;
  readonly operation: string;
  readonly options: ReadOptions;
}

const countRows = async ({ state, session, operation, options }: Counting, ast: QueryAst): Promise<number> =>
  (await readIn(state, session, operation, keysOnly(ast), options)).found.length;

export async function exists(
  state: RepoState,
  query: AnyQuery<unknown>,
  given: ReadOptions = {},
): Promise<boolean> {
  const options = readOptions(state, "exists", given);
  const ast = treeOf(query);
  const first = Object.freeze({ ...ast, limit: Math.min(ast.limit ?? 1, 1), ties: false });
  const read = async (session: Session) => {
    const prepared = preparedIn(state, session, "exists", first, options);
    return (await countRows({ state, session, operation: "exists", options }, prepared)) > 0;
  };
  return operate(state, agreedTenant(options.tenant), read, options);
}

/** The number of rows: what a counter says, where one stands for the query's conditions, else counted. */
export async function count(
  state: RepoState,
  query: AnyQuery<unknown>,
  given: ReadOptions = {},
): Promise<number> {
  const options = readOptions(state, "count", given);
  const read = async (session: Session) => {
    const ast = preparedIn(state, session, "count", treeOf(query), options);
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const plan = planCount(ast, await metadataOf(session.layer, ast.source));
    if (plan === undefined) return countRows({ state, session, operation: "count", options }, ast);
    const trace = currentTrace();
    if (trace !== undefined) trace.index = plan.counter.name;
    const layer = boundedLayer(session, `repo.count on ${subjectOf(ast)}`, options.maxKeys);
    return readCount(layer, plan, options.snapshot ?? session.snapshot);
  };
  return operate(state, agreedTenant(options.tenant), read, options);
}
