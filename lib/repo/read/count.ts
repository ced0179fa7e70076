/** Counts the rows of a query, and tells whether there are any. */

import { metadataOf } from "../../layer/index.js";
import { keyFields, planCount, type QueryAst, readCount } from "../../query/index.js";
import { currentTrace } from "../observe/index.js";
import { agreedTenant, checkOptions, operate, type RepoState, type Session } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";
import { readIn } from "./read-rows.js";

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

const countRows = async (session: Session, ast: QueryAst, snapshot: boolean): Promise<number> =>
  (await readIn(session, keysOnly(ast), snapshot)).found.length;

export async function exists(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: ReadOptions = {},
): Promise<boolean> {
  checkOptions("exists", options, readOptionNames);
  const ast = treeOf(query);
  const first = Object.freeze({ ...ast, limit: Math.min(ast.limit ?? 1, 1), ties: false });
  return operate(state, agreedTenant(options.tenant), async (session) => {
    return (await countRows(session, first, options.snapshot ?? session.snapshot)) > 0;
  });
}

/** The number of rows: what a counter says, where one stands for the query's conditions, else counted. */
export async function count(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: ReadOptions = {},
): Promise<number> {
  checkOptions("count", options, readOptionNames);
  const ast = treeOf(query);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const snapshot = options.snapshot ?? session.snapshot;
    const plan = planCount(ast, await metadataOf(session.layer, ast.source));
    if (plan === undefined) return countRows(session, ast, snapshot);
    const trace = currentTrace();
    if (trace !== undefined) trace.index = plan.counter.name;
    return readCount(session.layer, plan, snapshot);
  });
}
