/** Refuses a relation with `onDelete` whose related records no index finds, with the migration line that makes one. */

import { MissingIndexError } from "../../errors.js";
import { type IndexInfo, type LayerContext, metadataOf, storedKey } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { requireReferenced } from "../related/index.js";
import { allDependents, type Dependent } from "./dependents.js";

/** Relations that are known to be served with these registrations, which are replaced when they change. */
const served = new WeakMap<object, Set<Dependent>>();

/**
 * For the relations of a schema, and for those of all that may be deleted with its records.
 *
 * @throws MissingIndexError
 */
export async function requireIndexes(layer: LayerContext, info: SchemaInfo): Promise<void> {
  await Promise.all(
    allDependents(info).flatMap((dependent) => [
      requireIndex(layer, dependent),
      requireReferenced(layer, dependent.owner, dependent.references),
    ]),
  );
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
  const { owner, relation, schema, foreignKeys, onDelete } = dependent;
  if (isFirstInKey(schema, foreignKeys)) return;
  let building = false;
  for (const index of indexes) {
    if (!startsWith(index, dependent)) continue;
    if (index.state === "readable") return;
    building = true;
  }
  throw new MissingIndexError(
    `${owner.name}.${relation} has { onDelete: "${onDelete}" }, and no index finds the records of ${schema.name} by ${foreignKeys.join(" and ")}` +
      `${building ? ": the one that does is still being built, or being dropped" : ""}. ` +
      `Write into a migration: create(index(${schema.name}, ["${foreignKeys.join('", "')}"])).`,
  );
}

/** An order of its own among them makes no difference: each has its value. */
const isFirstInKey = ({ keyFields }: SchemaInfo, fields: readonly string[]): boolean =>
  keyFields.length >= fields.length &&
  keyFields.slice(0, fields.length).every(({ name }) => fields.includes(name));

function startsWith({ kind, source, stored, where }: IndexInfo, { schema, foreignKeys }: Dependent): boolean {
  const keys = foreignKeys.map((name) => storedKey(schema.field(name)));
  const whole =
    where === undefined || where.every(({ stored: of, op }) => keys.includes(of) && op === "isNull");
  const first = stored.slice(0, keys.length);
  return (
    kind === "index" &&
    source === schema.source &&
    first.length === keys.length &&
    first.every((key) => keys.includes(key)) &&
    whole
  );
}
