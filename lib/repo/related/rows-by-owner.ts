/** Reads the rows that hold the keys of some records, by an index on their foreign key. */

import type { LayerContext } from "../../layer/index.js";
import { type Condition, emptyAst, planFor, type QueryAst, runPlan } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Row } from "./asked.js";
import { heldBy, heldByAny, textOfKey } from "./held-by.js";

/** Owners whose rows are read at once. */
const OWNERS = 1_000;

/** What may be left out of the reads. */
export interface RowsOptions {
  readonly snapshot: boolean;
  /** Fields that are enough: rows of an index that holds them are not read. */
  readonly fields?: readonly string[];
  /** Which of the rows, in which order; its limit holds for each owner. */
  readonly query?: QueryAst;
}

/**
 * @param keys of the owners, each once
 * @returns the rows in the order of the query, or else of the index, by the key in their foreign key as `textOfKey` gives it
 * @throws UnsupportedQueryError when no index starts with the foreign key, or serves the query behind it
 */
export async function rowsByOwner(
  layer: LayerContext,
  info: SchemaInfo,
  foreignKeys: readonly string[],
  keys: readonly (readonly unknown[])[],
  { snapshot, fields, query }: RowsOptions,
): Promise<ReadonlyMap<string, Row[]>> {
  const byOwner = new Map<string, Row[]>();
  const textOf = ownerText(info, foreignKeys);
  const select = fields === undefined ? undefined : { fields, single: false };
  const base: QueryAst = Object.freeze({ ...(query ?? emptyAst(info.source, info)), preload: [], select });
  const read = async (of: readonly Condition[]) => {
    const ast = Object.freeze({ ...base, where: [...base.where, ...of] });
    return runPlan(layer, ast, await planFor(layer, ast), { snapshot });
  };
  // What is taken of each owner's rows can only be told range by range.
  const each = base.limit !== undefined || base.distinct !== undefined;
  for (let at = 0; at < keys.length; at += OWNERS) {
    const owners = keys.slice(at, at + OWNERS);
    const asked = each ? owners.map((key) => heldBy(foreignKeys, key)) : heldByAny(info, foreignKeys, owners);
    const found = (await Promise.all(asked.map(read))).flat();
    for (const { record } of found) {
      const text = textOf(record as Row);
      const siblings = byOwner.get(text);
      if (siblings === undefined) byOwner.set(text, [record as Row]);
      else siblings.push(record as Row);
    }
  }
  return byOwner;
}

/** The key in a record's foreign key, as text: worked out once for rows that hold the same one. */
function ownerText(info: SchemaInfo, foreignKeys: readonly string[]): (record: Row) => string {
  const [only] = foreignKeys;
  const textOf = (record: Row): string =>
    textOfKey(
      info,
      foreignKeys,
      foreignKeys.map((name) => record[name]),
    );
  if (only === undefined || foreignKeys.length > 1) return textOf;
  const known = new Map<unknown, string>();
  return (record) => {
    const value = record[only];
    let text = known.get(value);
    if (text === undefined) {
      text = textOf(record);
      // Dates and bytes are other objects in each row.
      if (typeof value !== "object") known.set(value, text);
    }
    return text;
  };
}
