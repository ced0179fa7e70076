/** Reads the keys of the rows that hold the keys of deleted records. */

import type { LayerContext } from "../../layer/index.js";
import { emptyAst, keyFields, planFor, type QueryAst, runPlan } from "../../query/index.js";
import type { Values } from "../rows/index.js";
import type { Dependent } from "./dependents.js";

/** Owners whose rows are read at once. */
const OWNERS = 1_000;

/** The query of the rows that hold one of these keys; an index that starts with the foreign key tells it alone. */
export function dependentsQuery(
  { schema, foreignKey }: Dependent,
  keys: readonly unknown[],
  limit: number,
): QueryAst {
  return Object.freeze({
    ...emptyAst(schema.source, schema),
    where: [{ field: foreignKey, op: "in", value: keys } as const],
    select: { fields: [...new Set([...keyFields(schema), foreignKey])], single: false },
    limit,
  });
}

/** At most `limit` rows for each thousand keys: it takes part in conflicts, so that none of them is added meanwhile. */
export async function readDependents(
  layer: LayerContext,
  dependent: Dependent,
  keys: readonly unknown[],
  limit: number,
): Promise<Values[]> {
  const rows: Values[] = [];
  for (let at = 0; at < keys.length && rows.length < limit; at += OWNERS) {
    const ast = dependentsQuery(dependent, keys.slice(at, at + OWNERS), limit);
    for (const { record } of await runPlan(layer, ast, await planFor(layer, ast)))
      rows.push(record as Values);
  }
  return rows;
}
