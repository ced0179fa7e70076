/** `plinth gen migration`: writes an empty migration with the next number. */

import { readdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { UsageError } from "../../errors.js";
import { migrationsDirOf } from "../app/index.js";
import { defineCommand, ExitCode } from "../command/index.js";
import { classOfFile, migrationFile, migrationSource, nextNumber } from "./migration-file.js";
import { className } from "./names.js";
import { refuseTakenClass } from "./taken-names.js";
import { writeNewFile } from "./write-new-file.js";

export const genMigration = defineCommand({
  words: ["gen", "migration"],
  summary: "Write an empty migration with the next number",
  description: [
    "The file goes into the configuration's migrationsDir, else into migrations/. Add the class to the repo's list\n" +
      "(migrations: [..., [NUMBER, NAME]]), unless that is read from the folder: await loadMigrations(folder).",
  ],
  args: [{ name: "NAME", summary: "what the migration does, for example add-orders" }],
  flags: {
    dir: { type: "string", placeholder: "FOLDER", summary: "where the file goes" },
    js: { type: "boolean", summary: "write JavaScript" },
  },
  examples: [
    { line: "plinth gen migration add-orders", does: "writes migrations/0002_add_orders.ts" },
    { line: "plinth gen migration AddOrders --js --dir src/migrations", does: "writes JavaScript elsewhere" },
  ],
  async run({ out, environment, globals }, [name], flags) {
    const folder = join(
      environment.cwd,
      flags.dir ?? (await migrationsDirOf(globals, environment, (text) => out.note(text))),
    );
    const class_ = className(name as string);
    refuseTakenClass(name as string, class_);
    const files = await filesOf(folder);
    refuseSecond(files, class_);
    const number = nextNumber(files);
    const path = join(folder, migrationFile(number, name as string, flags.js ? "js" : "ts"));
    await writeNewFile(path, migrationSource(name as string));
    const file = relative(environment.cwd, path);
    out.result({ file, number, class: class_ });
    out.line(`Wrote ${file}`);
    out.line(`Add it to the repo, unless it uses loadMigrations: migrations: [..., [${number}, ${class_}]]`);
    return ExitCode.ok;
  },
});

/** Migrations of a folder go into one list, where two classes of one name cannot be told apart. */
function refuseSecond(files: readonly string[], class_: string): void {
  const same = files.find((file) => classOfFile(file) === class_);
  if (same === undefined) return;
  throw new UsageError(
    `${same} has the class ${class_} already; choose another name, for example ${class_}2.`,
  );
}

async function filesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
