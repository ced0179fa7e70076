/** Refuses, when a Repo is made, relations with `onDelete` for which its migrations make no index. */

import type { IndexInfo } from "../../layer/index.js";
import type { MigrationCommand, MigrationList } from "../../migration/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { requireUnique } from "../related/index.js";
import { type Dependent, dependentsOf } from "./dependents.js";
import { requireOneOf } from "./required-index.js";

/**
 * Concerns the schemas that the migrations name, and those at the other end of their relations; of others, it shows at
 * the first delete.
 *
 * @throws MissingIndexError, SchemaError
 */
export function checkMigrations(migrations: MigrationList): void {
  if (migrations.length === 0) return;
  const commands = commandsOf(migrations);
  if (commands === undefined) return;
  const indexes = new Map<string, IndexInfo>();
  const schemas = new Set<SchemaInfo>();
  for (const command of commands) {
    if (command.action === "execute") continue;
    const { action } = command;
    const { index, schema } = command.definition;
    const name = `${index.source} ${index.name}`;
    if (action === "drop") indexes.delete(name);
    else indexes.set(name, index);
    if (schema !== undefined && action === "create") schemas.add(schema);
  }
  for (const schema of [...schemas]) for (const other of relatedTo(schema)) schemas.add(other);
  for (const schema of schemas) {
    for (const dependent of knownDependents(schema)) requireOneOf(indexes.values(), dependent);
    for (const { parent, references } of knownReferences(schema)) {
      if (schemas.has(parent)) requireUnique(indexes.values(), parent, references);
    }
  }
}

/** Undefined when a migration cannot say them; opening a tenant tells why. */
function commandsOf(migrations: MigrationList): readonly MigrationCommand[] | undefined {
  try {
    return [...migrations]
      .sort(([a], [b]) => a - b)
      .flatMap(([, Migration]) => new (Migration as new () => { change(): MigrationCommand[] })().change());
  } catch {
    return undefined;
  }
}

const relatedTo = (schema: SchemaInfo): readonly SchemaInfo[] =>
  schema.associations.flatMap(({ target }) => unlessLoading(target) ?? []);

const knownDependents = (schema: SchemaInfo): readonly Dependent[] =>
  unlessLoading(() => dependentsOf(schema)) ?? [];

/** The fields that foreign keys of the relations of a schema hold, where that is not the key of a record. */
const knownReferences = (schema: SchemaInfo) =>
  schema.associations.flatMap((one) => {
    if (one.foreignKey === undefined) return [];
    const references = unlessLoading(one.references);
    const parent = one.kind === "belongsTo" ? unlessLoading(one.target) : schema;
    return references === undefined || parent === undefined ? [] : [{ parent, references }];
  });

/** Undefined when a class of it is in a module that is still being loaded. */
function unlessLoading<T>(resolve: () => T): T | undefined {
  try {
    return resolve();
  } catch (error) {
    if (error instanceof ReferenceError) return undefined;
    throw error;
  }
}
