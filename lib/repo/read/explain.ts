/** Tells how a query would be read with the indexes of the tenant, without reading its rows. */

import { type Explanation, explainPlan, planFor } from "../../query/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptions } from "./read-options.js";
import { preparedIn } from "./read-rows.js";

export async function explain(
  state: RepoState,
  query: AnyQuery<unknown>,
  given: ReadOptions = {},
): Promise<Explanation> {
  const options = readOptions(state, "explain", given);
  const explained = async (session: Session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    const ast = preparedIn(state, session, "explain", treeOf(query), options);
    return explainPlan(ast, await planFor(session.layer, ast));
  };
  return operate(state, agreedTenant(options.tenant), explained, options);
}
