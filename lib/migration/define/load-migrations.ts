/** Finds the numbered migration files of a folder, and loads their classes. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MigrationError } from "../../errors.js";
import { Migration, type MigrationClass, type MigrationList } from "./migration.js";

/** `0002_add_orders.ts`; declaration files and source maps do not count. */
const NUMBERED = /^(\d+)_.*(?<!\.d)\.(js|mjs|ts|mts)$/;

/** The numbered files of a folder with their versions, in ascending order; none when there is no such folder. */
export async function migrationFiles(folder: string | URL): Promise<readonly (readonly [number, string])[]> {
  const path = typeof folder === "string" ? folder : fileURLToPath(folder);
  const files = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  return files
    .flatMap((file) => {
      const number = NUMBERED.exec(file)?.[1];
      return number === undefined ? [] : [[Number(number), join(path, file)] as const];
    })
    .sort(([a], [b]) => a - b);
}

/**
 * The migrations of a folder, for `new Repo({ migrations })`: each file `NUMBER_name.js` exports one class, and its
 * number is the version. Other files are left alone.
 *
 * @example
 * const migrations = await loadMigrations(new URL("./migrations/", import.meta.url));
 * const repo = new Repo({ url: "embedded:./data", storageId: "my-app", migrations });
 * @throws MigrationError for an empty folder, a file that exports no migration or several, and a number given twice
 */
export async function loadMigrations(folder: string | URL): Promise<MigrationList> {
  const files = await migrationFiles(folder);
  if (files.length === 0) {
    throw new MigrationError(
      `There are no migrations in ${String(folder)}; their files are called 0001_catalog.js and so on. ` +
        "Write one: plinth gen migration catalog",
    );
  }
  const seen = new Map<number, string>();
  const list: (readonly [number, MigrationClass])[] = [];
  for (const [version, file] of files) {
    const other = seen.get(version);
    if (other !== undefined) {
      throw new MigrationError(`${other} and ${file} have the same number; give the later one the next.`);
    }
    seen.set(version, file);
    list.push([version, migrationOf(file, (await import(pathToFileURL(file).href)) as object)]);
  }
  return Object.freeze(list);
}

function migrationOf(file: string, module: object): MigrationClass {
  const classes = new Set(Object.values(module).filter(isMigration));
  const [only] = classes;
  if (classes.size === 1 && only !== undefined) return only;
  throw new MigrationError(
    `${file} exports ${classes.size === 0 ? "no migration" : `${classes.size} migrations`}; ` +
      "write one in each file: export class AddOrders extends Migration { change() { return [ … ]; } }",
  );
}

const isMigration = (value: unknown): value is MigrationClass =>
  typeof value === "function" && value.prototype instanceof Migration;
