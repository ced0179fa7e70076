/** The base class of migrations, and their lists in ascending order. */

import { markCopy, refuseOtherCopy } from "../../copies.js";
import { MigrationError } from "../../errors.js";
import type { MigrationCommand } from "./commands.js";

/**
 * One step in the life of a tenant's indexes.
 *
 * @example
 * export class Catalog extends Migration {
 *   change() {
 *     return [create(metadata(Product)), create(index(Product, ["name"]))];
 *   }
 * }
 */
export abstract class Migration {
  /** The commands, applied in order. */
  abstract change(): readonly MigrationCommand[];
}

markCopy(Migration);

export type MigrationClass = new () => Migration;

/** Migrations by version; applied in ascending order, each once for every tenant. */
export type MigrationList = readonly (readonly [version: number, migration: MigrationClass])[];

/** A migration of a list, with its commands. */
export interface PlannedMigration {
  readonly version: number;
  readonly name: string;
  readonly commands: readonly MigrationCommand[];
}

const planned = new WeakMap<MigrationList, readonly PlannedMigration[]>();

/**
 * The list in ascending order, checked.
 *
 * @throws MigrationError for a version twice, or one that is no integer
 */
export function planMigrations(list: MigrationList): readonly PlannedMigration[] {
  const known = planned.get(list);
  if (known !== undefined) return known;
  const seen = new Map<number, string>();
  const plans = list.map(([version, migration]) => {
    if (!Number.isSafeInteger(version) || version < 0) {
      throw new MigrationError(
        `The version of ${nameOf(migration)} is ${String(version)}; write a whole number: [1, ${nameOf(migration)}].`,
      );
    }
    const other = seen.get(version);
    if (other !== undefined) {
      throw new MigrationError(
        `Version ${version} is given to both ${other} and ${nameOf(migration)}; give the later one a new version.`,
      );
    }
    seen.set(version, nameOf(migration));
    return planOf(version, migration);
  });
  const sorted = Object.freeze(plans.sort((a, b) => a.version - b.version));
  planned.set(list, sorted);
  return sorted;
}

function planOf(version: number, migration: MigrationClass): PlannedMigration {
  if (typeof migration !== "function") {
    throw new MigrationError(`Version ${version} has no class; write [${version}, MyMigration].`);
  }
  const instance = new migration();
  if (!(instance instanceof Migration)) {
    refuseOtherCopy(migration, `The migration ${nameOf(migration)}`);
    throw new MigrationError(
      `${nameOf(migration)} is no migration; write class ${nameOf(migration)} extends Migration.`,
    );
  }
  const commands = instance.change();
  if (!Array.isArray(commands) || !commands.every((command) => command?.action !== undefined)) {
    throw new MigrationError(
      `${nameOf(migration)}.change() must return a list of commands: return [create(index(Product, ["name"]))].`,
    );
  }
  return Object.freeze({ version, name: nameOf(migration), commands: Object.freeze([...commands]) });
}

function nameOf(migration: unknown): string {
  return typeof migration === "function" && migration.name !== "" ? migration.name : "a migration";
}
