/** Loads the records whose keys others hold. */

import { UnsupportedQueryError } from "../../errors.js";
import { readRecord } from "../../layer/index.js";
import { matches, type QueryAst } from "../../query/index.js";
import { type HeldKey, isOwnKey, keyValues, type SchemaInfo } from "../../schema/index.js";
import type { Asked, Related, Row } from "./asked.js";
import { textOfKey } from "./held-by.js";
import { keyOfId } from "./key-of-id.js";
import { requireReferenced } from "./require-referenced.js";
import { rowsByOwner } from "./rows-by-owner.js";

/** The fields that hold the key, and the relation for which it is followed. */
export interface Reference extends HeldKey {
  readonly relation: string;
}

/** Each of the related records is read once, and is the same object wherever it belongs. */
export async function relatedParents(
  asked: Asked,
  target: SchemaInfo,
  { foreignKeys, references, relation }: Reference,
): Promise<Related> {
  const { records, query } = asked;
  const keys = new Map<string, readonly unknown[]>();
  const owners: (readonly [Row, string])[] = [];
  for (const record of records) {
    const key = keyValues(record, foreignKeys);
    if (key === null) continue;
    const text = textOfKey(target, references, key);
    owners.push([record, text]);
    keys.set(text, key);
  }
  const found = isOwnKey(target, references)
    ? await byKey(asked, target, keys)
    : await byIndex(asked, target, references, keys, relation);
  const related = new Map<Row, readonly Row[]>();
  for (const [record, text] of owners) {
    const parent = found.get(text) ?? null;
    if (parent !== null && (query === undefined || isWanted(query, parent)))
      related.set(record, [parent as Row]);
  }
  return related;
}

type ByText<T> = ReadonlyMap<string, T>;

async function byKey(
  { layer, snapshot }: Asked,
  target: SchemaInfo,
  keys: ByText<readonly unknown[]>,
): Promise<ByText<object | null>> {
  const one = target.keyFields.length === 1;
  const read = async (key: readonly unknown[]) =>
    readRecord(layer, target, keyOfId(target, one ? key[0] : key), { snapshot });
  return new Map(await Promise.all([...keys].map(async ([text, key]) => [text, await read(key)] as const)));
}

async function byIndex(
  { layer, snapshot }: Asked,
  target: SchemaInfo,
  references: readonly string[],
  keys: ByText<readonly unknown[]>,
  relation: string,
): Promise<ByText<object>> {
  if (target.partitionBy !== undefined && references[0] === target.primaryKey.name) {
    throw new UnsupportedQueryError(
      `${relation} cannot be preloaded: a ${target.name} is found by ${target.partitionBy.name} and ` +
        `${target.primaryKey.name}, and the foreign key holds only one of them. Name a field for both, in this order, or read it ` +
        "with repo.get.",
    );
  }
  await requireReferenced(layer, target, references);
  const rows = await rowsByOwner(layer, target, references, [...keys.values()], { snapshot });
  return new Map([...rows].map(([text, [first]]) => [text, first as object]));
}

/** Each record has one parent at most, so that order and limit say nothing more. */
const isWanted = (query: QueryAst, parent: object): boolean => query.limit !== 0 && matches(query, parent);
