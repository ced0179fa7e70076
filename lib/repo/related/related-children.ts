/** Loads the records that hold the keys of others. */

import type { SchemaInfo } from "../../schema/index.js";
import { type Asked, type Related, type Row, textOf } from "./asked.js";
import { rowsByOwner } from "./rows-by-owner.js";

/** @param fields of the children that are enough */
export async function relatedChildren(
  { layer, info, records, snapshot, query }: Asked,
  target: SchemaInfo,
  foreignKey: string,
  fields?: readonly string[],
): Promise<Related> {
  const ownKey = info.primaryKey.name;
  // An owner may be among the records more than once: its rows are read once all the same.
  const owners = new Map<string, unknown>();
  for (const record of records) {
    // Without a key a record owns nothing; a row whose foreign key is null belongs to nobody.
    const key = record[ownKey] ?? null;
    if (key !== null) owners.set(textOf(target, foreignKey, key), key);
  }
  const options = {
    snapshot,
    ...(fields === undefined ? {} : { fields }),
    ...(query === undefined ? {} : { query }),
  };
  const byOwner = await rowsByOwner(layer, target, foreignKey, [...owners.values()], options);
  const related = new Map<Row, readonly Row[]>();
  for (const record of records) {
    const rows = byOwner.get(textOf(target, foreignKey, record[ownKey] ?? null));
    if (rows !== undefined) related.set(record, rows);
  }
  return related;
}
