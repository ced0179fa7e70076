/** Checks, compares and prints paths of directories. */

import { DirectoryError } from "../errors.js";

/** Names from the root down; one string is a path of one name. */
export type DirectoryPath = string | readonly string[];

const loneSurrogate = /\p{Surrogate}/u;

/** @throws DirectoryError `invalid_path` for what is no list of Unicode names */
export function toPath(path: DirectoryPath): readonly string[] {
  const names = typeof path === "string" ? [path] : path;
  if (!Array.isArray(names)) {
    throw new DirectoryError(
      "invalid_path",
      'A directory path is an array of names, for example ["app", "users"].',
    );
  }
  for (const name of names) {
    if (typeof name !== "string" || loneSurrogate.test(name)) {
      throw new DirectoryError(
        "invalid_path",
        `${typeof name === "string" ? JSON.stringify(name) : String(name)} is no directory name: names are Unicode ` +
          "strings without lone surrogates.",
      );
    }
  }
  return names;
}

/** `path` for messages. */
export const printPath = (path: readonly string[]): string => JSON.stringify(path);

export function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.length <= path.length && start.every((name, i) => path[i] === name);
}
