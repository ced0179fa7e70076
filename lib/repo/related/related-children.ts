/** Loads the records that hold the keys of others. */

import { type HeldKey, keyValues, type SchemaInfo } from "../../schema/index.js";
import type { Asked, Related, Row } from "./asked.js";
import { textOfKey } from "./held-by.js";
import { requireReferenced } from "./require-referenced.js";
import { rowsByOwner } from "./rows-by-owner.js";

/** @param fields of the children that are enough */
export async function relatedChildren(
  { layer, info, records, snapshot, query }: Asked,
  target: SchemaInfo,
  { foreignKeys, references }: HeldKey,
  fields?: readonly string[],
): Promise<Related> {
  await requireReferenced(layer, info, references);
  // An owner may be among the records more than once: its rows are read once all the same.
  const owners = new Map<string, readonly unknown[]>();
  for (const record of records) {
    // Without a key a record owns nothing; a row whose foreign key is null belongs to nobody.
    const key = keyValues(record, references);
    if (key !== null) owners.set(textOfKey(target, foreignKeys, key), key);
  }
  const options = {
    snapshot,
    ...(fields === undefined ? {} : { fields }),
    ...(query === undefined ? {} : { query }),
  };
  const byOwner = await rowsByOwner(layer, target, foreignKeys, [...owners.values()], options);
  const related = new Map<Row, readonly Row[]>();
  for (const record of records) {
    const key = keyValues(record, references);
    const rows = key === null ? undefined : byOwner.get(textOfKey(target, foreignKeys, key));
    if (rows !== undefined) related.set(record, rows);
  }
  return related;
}
