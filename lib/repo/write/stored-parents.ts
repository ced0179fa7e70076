/** Tells records that are stored from new ones, and finds the stored records that a new one belongs to. */

import { isChangeset } from "../../changeset/index.js";
import { getMeta, holdsKey, keyValues, type SchemaInfo } from "../../schema/index.js";
import type { Values } from "../rows/index.js";

/** Whether the record was read from the store or written to it; else it is new. */
export const isStored = (record: object): boolean => getMeta(record)?.state === "loaded";

const none: Readonly<Values> = Object.freeze({});

/**
 * By relation, the stored records whose keys a new record has; undefined when it is related to anything else, which is
 * to be written with it or refused.
 */
export function onlyStoredParents(info: SchemaInfo, record: Readonly<Values>): Readonly<Values> | undefined {
  let parents: Values | undefined;
  for (const { name, kind } of info.associations) {
    const value = Object.hasOwn(record, name) ? record[name] : undefined;
    if (value === undefined || value === null) continue;
    if (kind !== "belongsTo" || !isStoredRecord(value) || !belongsTo(info, record, name, value))
      return undefined;
    parents = { ...parents, [name]: value };
  }
  return parents ?? none;
}

const isStoredRecord = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !isChangeset(value) && isStored(value);

/** Whether a record holds the key of the parent that a relation is said to have; null belongs to nobody. */
export function belongsTo(
  info: SchemaInfo,
  record: Readonly<Values>,
  relation: string,
  parent: object | null,
): boolean {
  const association = info.association(relation);
  if (association.foreignKey === undefined) return false;
  const key = parent === null ? null : keyValues(parent as Values, association.references());
  return holdsKey(info, association.foreignKeys, record, key);
}
