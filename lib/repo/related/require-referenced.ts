/** Refuses a relation by fields that no unique index serves: two records could have the same value, and each other's relations. */

import { MissingIndexError } from "../../errors.js";
import {
  type IndexInfo,
  type LayerContext,
  metadataOf,
  storedKey,
  unbuiltIndexes,
} from "../../layer/index.js";
import { isOwnKey, type SchemaInfo } from "../../schema/index.js";

/** References that are known to be served with these registrations, which are replaced when they change. */
const served = new WeakMap<object, Set<string>>();

/**
 * @param references fields of the schema that a foreign key holds
 * @throws MissingIndexError
 */
export async function requireReferenced(
  layer: LayerContext,
  info: SchemaInfo,
  references: readonly string[],
): Promise<void> {
  if (isNamedByKey(info, references)) return;
  const metadata = await metadataOf(layer, info.source);
  const name = references.join(",");
  const known = served.get(metadata);
  if (known?.has(name) === true) return;
  try {
    requireUnique(metadata.indexes, info, references);
  } catch (error) {
    if (!(error instanceof MissingIndexError)) throw error;
    throw new MissingIndexError(error.message + (await unbuiltIndexes(layer, info.source, references)));
  }
  served.set(metadata, new Set([...(known ?? []), name]));
}

/** @throws MissingIndexError when none of the indexes is unique, and on exactly these fields */
export function requireUnique(
  indexes: Iterable<IndexInfo>,
  info: SchemaInfo,
  references: readonly string[],
): void {
  if (isNamedByKey(info, references)) return;
  const keys = references.map((name) => storedKey(info.field(name)));
  for (const { source, kind, unique, state, stored, where } of indexes) {
    if (source !== info.source || kind !== "index" || !unique || state !== "readable") continue;
    const whole =
      where === undefined || where.every(({ stored: of, op }) => keys.includes(of) && op === "isNull");
    if (whole && stored.length === keys.length && keys.every((key) => stored.includes(key))) return;
  }
  throw new MissingIndexError(
    `A relation has { references } to ${info.name}.${references.join(" and ")}, and no unique index that is ready makes sure whose ` +
      `value it is. Write into a migration: ` +
      `create(index(${info.name}, [${references.map((name) => `"${name}"`).join(", ")}], { unique: true })).`,
  );
}

/** The partition of a key goes without saying where a relation names the rest of it. */
const isNamedByKey = (info: SchemaInfo, references: readonly string[]): boolean =>
  isOwnKey(info, references) ||
  (info.partitionBy !== undefined && references.length === 1 && references[0] === info.primaryKey.name);
