/** Refuses a relation with `onDelete` whose related records no index finds, with the migration line that makes one. */

import { MissingIndexError } from "../../errors.js";
import { type IndexInfo, type LayerContext, metadataOf, storedKey } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { allDependents, type Dependent } from "./dependents.js";

/** Relations that are known to be served with these registrations, which are replaced when they change. */
const served = new WeakMap<object, Set<Dependent>>();

/**
 * For the relations of a schema, and for those of all that may be deleted with its records.
 *
 * @throws MissingIndexError
 */
export async function requireIndexes(layer: LayerContext, info: SchemaInfo): Promise<void> {
  await Promise.all(allDependents(info).map((dependent) => requireIndex(layer, dependent)));
}

async function requireIndex(layer: LayerContext, dependent: Dependent): Promise<void> {
  const metadata = await metadataOf(layer, dependent.schema.source);
  let known = served.get(metadata);
  if (known?.has(dependent) === true) return;
  requireOneOf(metadata.indexes, dependent);
  known ??= new Set();
  served.set(metadata, known.add(dependent));
}

/** @throws MissingIndexError when none of the indexes finds the rows of the relation */
export function requireOneOf(indexes: Iterable<IndexInfo>, dependent: Dependent): void {
  const { owner, relation, schema, foreignKey, onDelete } = dependent;
  if (isFirstInKey(schema, foreignKey)) return;
  let building = false;
  for (const index of indexes) {
    if (!startsWith(index, dependent)) continue;
    if (index.state === "readable") return;
    building = true;
  }
  throw new MissingIndexError(
    `${owner.name}.${relation} has { onDelete: "${onDelete}" }, and no index finds the records of ${schema.name} by ${foreignKey}` +
      `${building ? ": the one that does is still being built, or being dropped" : ""}. ` +
      `Write into a migration: create(index(${schema.name}, ["${foreignKey}"])).`,
  );
}

const isFirstInKey = ({ keyFields }: SchemaInfo, field: string): boolean => keyFields[0]?.name === field;

function startsWith({ kind, source, stored, where }: IndexInfo, { schema, foreignKey }: Dependent): boolean {
  const key = storedKey(schema.field(foreignKey));
  const whole = where === undefined || where.every(({ stored: of, op }) => of === key && op === "isNull");
  return kind === "index" && source === schema.source && stored[0] === key && whole;
}
