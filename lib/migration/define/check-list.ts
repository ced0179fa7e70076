/** Checks the shape of a list of migrations, without running any code of them. */

import { refuseOtherCopy } from "../../copies.js";
import { MigrationError } from "../../errors.js";
import { Migration, type MigrationClass, type MigrationList } from "./migration.js";

/**
 * Checks each entry by itself.
 *
 * @throws MigrationError that says what was given, and what to write
 */
export function checkMigrationList(list: MigrationList): void {
  for (const entry of list as readonly unknown[]) {
    if (!Array.isArray(entry)) {
      throw new MigrationError(
        `A list of migrations has pairs of versions and classes, not ${shown(entry)}; write [[1, ${nameOf(entry)}]].`,
      );
    }
    const [version, migration] = entry as readonly unknown[];
    if (typeof version !== "number" || !Number.isSafeInteger(version) || version < 0) {
      throw new MigrationError(
        `The version of ${nameOf(migration)} is ${shown(version)}; write a whole number: [1, ${nameOf(migration)}].`,
      );
    }
    checkClass(version, migration);
  }
}

/** @throws MigrationError for a version that two migrations have */
export function checkVersions(list: MigrationList): void {
  const seen = new Map<number, string>();
  for (const [version, migration] of list) {
    const other = seen.get(version);
    if (other !== undefined) {
      throw new MigrationError(
        `Version ${version} is given to both ${other} and ${nameOf(migration)}; give the later one a new version.`,
      );
    }
    seen.set(version, nameOf(migration));
  }
}

function checkClass(version: number, migration: unknown): asserts migration is MigrationClass {
  if (typeof migration === "function" && migration.prototype instanceof Migration) return;
  refuseOtherCopy(migration, `The migration ${nameOf(migration)}`);
  if (migration === undefined) {
    throw new MigrationError(
      `Version ${version} has no class but undefined: the import names something that its file does not export, or two ` +
        `files import each other (a circular import). Write [${version}, MyMigration].`,
    );
  }
  if (typeof migration === "function") {
    throw new MigrationError(
      `${nameOf(migration)}, version ${version}, is no migration; write class ${nameOf(migration)} extends Migration. ` +
        "If it does, two copies of plinth are at work.",
    );
  }
  const what = migration instanceof Migration ? "an instance in place of its class" : shown(migration);
  throw new MigrationError(
    `Version ${version} has ${what}, not a class; write [${version}, MyMigration]` +
      " (of a module: import { MyMigration } from …).",
  );
}

/** The name of a class, for messages and for what is noted about a migration. */
export function nameOf(migration: unknown): string {
  return typeof migration === "function" && migration.name !== "" ? migration.name : "a migration";
}

function shown(value: unknown): string {
  if (typeof value === "string") return `the text ${JSON.stringify(value)}`;
  if (typeof value === "function") return `the class ${nameOf(value)} alone`;
  if (typeof value !== "object" || value === null) return String(value);
  const names = Object.keys(value);
  return `an object (a module?) with ${names.slice(0, 5).join(", ") || "nothing in it"}`;
}
