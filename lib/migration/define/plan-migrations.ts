/** Reads the commands of a list of migrations, in ascending order of versions. */

import { MigrationError } from "../../errors.js";
import { checkCommands } from "./check-commands.js";
import { checkMigrationList, checkVersions, nameOf } from "./check-list.js";
import { identityOf } from "./identity.js";
import type { MigrationClass, MigrationList, PlannedMigration } from "./migration.js";

const planned = new WeakMap<MigrationList, readonly PlannedMigration[]>();

/**
 * The list in ascending order, checked; the same for the same list.
 *
 * @throws MigrationError for a list that is malformed, a migration without commands, and two indexes of one name
 */
export function planMigrations(list: MigrationList): readonly PlannedMigration[] {
  const known = planned.get(list);
  if (known !== undefined) return known;
  checkMigrationList(list);
  checkVersions(list);
  const plans = list.map(([version, migration]) => planOf(version, migration));
  const sorted = Object.freeze(plans.sort((a, b) => a.version - b.version));
  checkCommands(sorted);
  planned.set(list, sorted);
  return sorted;
}

const actions: ReadonlySet<unknown> = new Set(["create", "drop", "execute"]);

function planOf(version: number, migration: MigrationClass): PlannedMigration {
  const name = nameOf(migration);
  const commands: unknown = new migration().change();
  if (!Array.isArray(commands) || !commands.every((command) => actions.has(command?.action))) {
    throw new MigrationError(
      `${name}.change() must return a list of commands: return [create(index(Product, ["name"]))].`,
    );
  }
  const frozen = Object.freeze([...commands]) as PlannedMigration["commands"];
  return Object.freeze({ version, name, identity: identityOf(name, frozen), commands: frozen });
}
