import type { Transaction } from "../engine/index.js";
import type { Directory } from "./directory.js";
import type { DirectoryPath } from "./path.js";

export interface OpenOptions {
  /** Names the software that owns the contents; an existing directory must have the same (absent: any). */
  readonly layer?: string | Uint8Array;
}

export interface CreateOptions extends OpenOptions {
  /** A prefix chosen by hand; needs a `DirectoryLayer` with `allowManualPrefixes`. */
  readonly prefix?: Uint8Array;
}

/** A page of a long list. */
export interface ListOptions {
  /** Names after this one. */
  readonly after?: string;
  /** Names at most; 0 or absent is all. */
  readonly limit?: number;
}

/**
 * Operations on directories, with paths relative to whatever offers them (the root or one directory). All of them
 * throw {@link DirectoryError} with a machine-readable `reason`.
 */
export interface Directories {
  /** Opens the directory, creating it and its parents when missing. */
  createOrOpen(tx: Transaction, path: DirectoryPath, options?: OpenOptions): Promise<Directory>;
  /** @throws DirectoryError `already_exists` */
  create(tx: Transaction, path: DirectoryPath, options?: CreateOptions): Promise<Directory>;
  /** @throws DirectoryError `not_found` or `incompatible_layer` */
  open(tx: Transaction, path: DirectoryPath, options?: OpenOptions): Promise<Directory>;
  exists(tx: Transaction, path?: DirectoryPath): Promise<boolean>;
  /** Names of the directories inside, in byte order of their UTF-8. */
  list(tx: Transaction, path?: DirectoryPath, options?: ListOptions): Promise<string[]>;
  /** Renames a directory with all below it; no content moves. */
  move(tx: Transaction, from: DirectoryPath, to: DirectoryPath): Promise<Directory>;
  /** Removes the directory, all below it and all their contents. @throws DirectoryError `not_found` */
  remove(tx: Transaction, path?: DirectoryPath): Promise<void>;
  /** As `remove`; resolves to false when there is none. */
  removeIfExists(tx: Transaction, path?: DirectoryPath): Promise<boolean>;
}
