/** Where the store of a URL lies, and whether there is one: a mistyped path must not make a new, empty store. */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { StoreNotFoundError } from "../../errors.js";

const embedded = /^embedded:([^?]+)(\?.*)?$/s;

/** The URL with its path, if it has a relative one, taken from a folder. */
export function urlFrom(folder: string, url: string): string {
  const [, path, query = ""] = embedded.exec(url) ?? [];
  return path === undefined ? url : `embedded:${resolve(folder, path)}${query}`;
}

/** What an embedded store consists of, from its first moment on. */
const FILES = ["data.mdb", "journal.0"];

/**
 * @param create the command line says that a new store is meant
 * @throws StoreNotFoundError when there is no store at the URL's path
 */
export function requireStore(url: string, create: boolean): void {
  const [, path] = embedded.exec(url) ?? [];
  if (path === undefined || create || FILES.some((file) => existsSync(join(path, file)))) return;
  throw new StoreNotFoundError(
    `There is no store at ${path}, and this does not make one. If the path is right, the store comes with the first tenant ` +
      "(plinth tenants create ID), with the application, or with --create.",
  );
}
