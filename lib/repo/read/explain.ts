/** Tells how a query would be read with the indexes of the tenant, without reading its rows. */

import { type Explanation, explainPlan, planFor } from "../../query/index.js";
import { agreedTenant, checkOptions, operate, type RepoState } from "../transaction/index.js";
import { type AnyQuery, treeOf } from "./query-tree.js";
import { type ReadOptions, readOptionNames } from "./read-options.js";

export async function explain(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: ReadOptions = {},
): Promise<Explanation> {
  checkOptions("explain", options, readOptionNames);
  const ast = treeOf(query);
  return operate(state, agreedTenant(options.tenant), async (session) => {
    const gate = session.reading();
    if (gate !== undefined) await gate;
    return explainPlan(ast, await planFor(session.layer, ast));
  });
}
