/** Writes the files of a new project into a folder that holds nothing yet. */

import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FolderNotEmptyError } from "../../errors.js";

/** Files by their path below the project's folder. */
export type ProjectFiles = Readonly<Record<string, string>>;

/** @throws FolderNotEmptyError, before anything is written */
export async function writeProject(folder: string, shown: string, files: ProjectFiles): Promise<void> {
  await requireEmpty(folder, shown);
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" });
  }
}

/** What a version control leaves in a folder is nothing of the project's; it is no obstacle. */
const harmless: ReadonlySet<string> = new Set([".git", ".DS_Store"]);

/** @throws FolderNotEmptyError, for a folder that holds something, and for a file of that name */
export async function requireEmpty(folder: string, shown: string): Promise<void> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    if (error.code === "ENOTDIR") throw new FolderNotEmptyError(`${shown} is a file. ${advice}`);
    throw error;
  });
  const found = entries.filter((entry) => !harmless.has(entry)).sort();
  if (found.length === 0) return;
  const more = found.length > 3 ? ` and ${found.length - 3} more` : "";
  throw new FolderNotEmptyError(
    `${shown} is not empty: it holds ${found.slice(0, 3).join(", ")}${more}, and nothing was written. ${advice}`,
  );
}

const advice =
  "A new project takes a folder of its own; choose another name, or another place: plinth new NAME --dir FOLDER";
