/** Reads the keys of the rows that hold the keys of deleted records. */

import type { LayerContext } from "../../layer/index.js";
import { emptyAst, keyFields, planFor, type QueryAst, runPlan } from "../../query/index.js";
import { heldByAny } from "../related/index.js";
import type { Values } from "../rows/index.js";
import type { Dependent, HeldValues } from "./dependents.js";

/** Owners whose rows are read at once. */
const OWNERS = 1_000;

/**
 * The queries of the rows that hold one of these keys, one for each beginning of a composite key; an index that starts with
 * the foreign key tells them alone.
 */
export function dependentsQueries(
  { schema, foreignKeys }: Dependent,
  keys: readonly HeldValues[],
  limit: number,
): readonly QueryAst[] {
  return heldByAny(schema, foreignKeys, keys).map((where) =>
    Object.freeze({
      ...emptyAst(schema.source, schema),
      where,
      select: { fields: [...new Set([...keyFields(schema), ...foreignKeys])], single: false },
      limit,
    }),
  );
}

/** At most `limit` rows for each thousand keys: it takes part in conflicts, so that none of them is added meanwhile. */
export async function readDependents(
  layer: LayerContext,
  dependent: Dependent,
  keys: readonly HeldValues[],
  limit: number,
): Promise<Values[]> {
  const rows: Values[] = [];
  for (let at = 0; at < keys.length && rows.length < limit; at += OWNERS) {
    const asts = dependentsQueries(dependent, keys.slice(at, at + OWNERS), limit);
    const read = await Promise.all(asts.map(async (ast) => runPlan(layer, ast, await planFor(layer, ast))));
    for (const { record } of read.flat()) rows.push(record as Values);
  }
  return rows;
}
