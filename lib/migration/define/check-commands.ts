/** Finds commands of a list of migrations that mean two different indexes by one name. */

import { MigrationError } from "../../errors.js";
import { type IndexInfo, indexName, sameDefinition } from "../../layer/index.js";
import type { PlannedMigration } from "./migration.js";

interface Created {
  readonly index: IndexInfo;
  readonly by: string;
}

/**
 * Follows the list from its first command to its last: a name that is taken is refused for any other index until it is
 * dropped, and a drop must mean the index that has the name.
 *
 * @throws MigrationError that names both
 */
export function checkCommands(plans: readonly PlannedMigration[]): void {
  const names = new Map<string, Created>();
  for (const plan of plans) {
    for (const command of plan.commands) {
      if (command.action === "execute") continue;
      const { index } = command.definition;
      const name = JSON.stringify([index.source, index.name]);
      const known = names.get(name);
      if (known !== undefined && command.action === "create" && !sameDefinition(known.index, index)) {
        throw twoIndexes(plan, index, known);
      }
      if (command.action === "drop") {
        if (known !== undefined && isOther(known.index, index)) throw otherDropped(plan, index, known);
        names.delete(name);
      } else if (known === undefined) names.set(name, { index, by: plan.name });
    }
  }
}

/** Whether a drop by a name that was made of fields finds an index on other fields under it. */
export function isOther(known: IndexInfo, dropped: IndexInfo): boolean {
  const suffix = dropped.kind === "custom" ? "index" : dropped.kind;
  if (dropped.name !== indexName(dropped.source, dropped.fields, suffix)) return false;
  const meant = [String(dropped.fields), String(dropped.stored)];
  return !meant.includes(String(known.fields)) && !meant.includes(String(known.stored));
}

const listed = ({ fields }: IndexInfo): string => `[${fields.map((field) => `"${field}"`).join(", ")}]`;

/** `on ["email"], unique, with name`. */
function told(index: IndexInfo): string {
  const parts = [`on ${listed(index)}`];
  if (index.unique) parts.push("unique");
  if (index.whole === true) parts.push("with all fields");
  if (index.include.length > 0) parts.push(`with ${index.include.join(", ")}`);
  if (index.where !== undefined)
    parts.push(`where ${index.where.map(({ field, op }) => `${field} ${op}`).join(", ")}`);
  if (index.each !== undefined) parts.push(`each of ${index.fields[index.each]}`);
  if (index.priority !== undefined) parts.push(`with priority ${index.priority}`);
  if (index.indexer !== undefined) parts.push(`by ${index.indexer}`);
  return parts.join(", ");
}

function twoIndexes(plan: PlannedMigration, index: IndexInfo, known: Created): MigrationError {
  return new MigrationError(
    `Two different indexes of "${index.source}" have the name "${index.name}": one ${told(known.index)} (${known.by}), and ` +
      `one ${told(index)} (version ${plan.version}, ${plan.name}). A name that is not given is made of the fields, and says ` +
      `nothing of options. Give one of them a name: index(S, ${listed(index)}, { name: "${index.name}_2" }); or drop the ` +
      "first one before the second is created.",
  );
}

function otherDropped(plan: PlannedMigration, index: IndexInfo, known: Created): MigrationError {
  return new MigrationError(
    `Version ${plan.version} (${plan.name}) drops "${index.name}" of "${index.source}" as an index on ${listed(index)}, but ` +
      `that name belongs to one ${told(known.index)} (${known.by}). Drop what is meant by its fields, or give the name: ` +
      'drop(index(S, [...], { name: "…" })).',
  );
}
