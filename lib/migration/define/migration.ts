/** The base class of migrations, and what a list of them is. */

import { markCopy } from "../../copies.js";
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
  /** The commands, applied in order. It may be called more than once, and without a store: it reads nothing. */
  abstract change(): readonly MigrationCommand[];
}

markCopy(Migration);

/** A class of migrations, as lists of migrations name it. */
export type MigrationClass = new () => Migration;

/** Migrations by version; applied in ascending order, each once for every tenant. */
export type MigrationList = readonly (readonly [version: number, migration: MigrationClass])[];

/** A migration of a list, with its commands. */
export interface PlannedMigration {
  readonly version: number;
  readonly name: string;
  /** A digest of what the commands do. */
  readonly identity: string;
  readonly commands: readonly MigrationCommand[];
}
