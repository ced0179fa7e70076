/** Loads the records whose keys others hold. */

import { UnsupportedQueryError } from "../../errors.js";
import { readRecord } from "../../layer/index.js";
import { matches, type QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type Asked, type Related, type Row, textOf } from "./asked.js";
import { keyOfId } from "./key-of-id.js";

/** The field that holds the key, and the relation for which it is followed. */
export interface Reference {
  readonly foreignKey: string;
  readonly relation: string;
}

/** Each of the related records is read once, and is the same object wherever it belongs. */
export async function relatedParents(
  { layer, info, records, snapshot, query }: Asked,
  target: SchemaInfo,
  { foreignKey, relation }: Reference,
): Promise<Related> {
  if (target.partitionBy !== undefined) {
    throw new UnsupportedQueryError(
      `${relation} cannot be preloaded: a ${target.name} is found by ${target.partitionBy.name} and ` +
        `${target.primaryKey.name}, and the foreign key holds only one of them. Read it with repo.get.`,
    );
  }
  const reads = new Map<string, Promise<object | null>>();
  const owners: (readonly [Row, string])[] = [];
  for (const record of records) {
    const key = record[foreignKey] ?? null;
    if (key === null) continue;
    const text = textOf(info, foreignKey, key);
    owners.push([record, text]);
    if (!reads.has(text)) reads.set(text, readRecord(layer, target, keyOfId(target, key), { snapshot }));
  }
  const found = new Map<string, object | null>();
  await Promise.all([...reads].map(async ([text, read]) => found.set(text, await read)));
  const related = new Map<Row, readonly Row[]>();
  for (const [record, text] of owners) {
    const parent = found.get(text) ?? null;
    if (parent !== null && (query === undefined || isWanted(query, parent)))
      related.set(record, [parent as Row]);
  }
  return related;
}

/** Each record has one parent at most, so that order and limit say nothing more. */
const isWanted = (query: QueryAst, parent: object): boolean => query.limit !== 0 && matches(query, parent);
