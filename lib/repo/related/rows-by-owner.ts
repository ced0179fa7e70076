/** Reads the rows that hold the keys of some records, by an index on their foreign key. */

import type { LayerContext } from "../../layer/index.js";
import { emptyAst, planFor, type QueryAst, runPlan } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type Row, textOf } from "./asked.js";

/** Owners whose rows are read at once. */
const OWNERS = 1_000;

/** What may be left out of the reads. */
export interface RowsOptions {
  readonly snapshot: boolean;
  /** Fields that are enough: rows of an index that holds them are not read. */
  readonly fields?: readonly string[];
}

/**
 * @param keys of the owners, each once
 * @returns the rows in the order of the index, by the key in their foreign key as `textOf` gives it
 * @throws UnsupportedQueryError when no index starts with the foreign key
 */
export async function rowsByOwner(
  layer: LayerContext,
  info: SchemaInfo,
  foreignKey: string,
  keys: readonly unknown[],
  { snapshot, fields }: RowsOptions,
): Promise<ReadonlyMap<string, Row[]>> {
  const byOwner = new Map<string, Row[]>();
  const select = fields === undefined ? undefined : { fields, single: false };
  for (let at = 0; at < keys.length; at += OWNERS) {
    const ast: QueryAst = Object.freeze({
      ...emptyAst(info.source, info),
      where: [{ field: foreignKey, op: "in", value: keys.slice(at, at + OWNERS) } as const],
      select,
    });
    for (const { record } of await runPlan(layer, ast, await planFor(layer, ast), { snapshot })) {
      const text = textOf(info, foreignKey, (record as Row)[foreignKey]);
      const siblings = byOwner.get(text);
      if (siblings === undefined) byOwner.set(text, [record as Row]);
      else siblings.push(record as Row);
    }
  }
  return byOwner;
}
