/** One directory: a subspace, and the operations on the directories inside. */

import { inspect } from "node:util";
import type { Transaction } from "../engine/index.js";
import { DirectoryError } from "../errors.js";
import { Subspace } from "../tuple/index.js";
import type { CreateOptions, ListOptions, OpenOptions, ReadOptions } from "./options.js";
import { type DirectoryPath, printPath, startsWith, toPath } from "./path.js";

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
  open(tx: Transaction, path: DirectoryPath, options?: OpenOptions & ReadOptions): Promise<Directory>;
  exists(tx: Transaction, path?: DirectoryPath, options?: ReadOptions): Promise<boolean>;
  /** Names of the directories inside, in byte order of their UTF-8. */
  list(tx: Transaction, path?: DirectoryPath, options?: ListOptions): Promise<string[]>;
  /** Renames a directory with all below it; no content moves. */
  move(tx: Transaction, from: DirectoryPath, to: DirectoryPath): Promise<Directory>;
  /** Removes the directory, all below it and all their contents. @throws DirectoryError `not_found` */
  remove(tx: Transaction, path?: DirectoryPath): Promise<void>;
  /** As `remove`; resolves to false when there is none. */
  removeIfExists(tx: Transaction, path?: DirectoryPath): Promise<boolean>;
}

/** The layer that serves a directory, and the path at which that layer's root stands. */
export interface Owner extends Directories {
  readonly path: readonly string[];
}

/**
 * One directory: a subspace under its allocated prefix, and the operations on the directories inside.
 *
 * A handle stands for the prefix. It goes on reading and writing there after the directory was moved, and also
 * after it was removed, so removed directories need guarding by their owner.
 */
export class Directory extends Subspace implements Directories {
  /** Absolute. */
  readonly path: readonly string[];
  /** The bytes given at creation; empty when none. */
  readonly layer: Uint8Array;
  readonly #owner: Owner;

  constructor(path: readonly string[], prefix: Uint8Array, layer: Uint8Array, owner: Owner) {
    super(prefix);
    this.path = Object.freeze([...path]);
    this.layer = layer;
    this.#owner = owner;
  }

  async createOrOpen(tx: Transaction, path: DirectoryPath, options?: OpenOptions): Promise<Directory> {
    return this.#owner.createOrOpen(tx, this.#inside(path), options);
  }

  async create(tx: Transaction, path: DirectoryPath, options?: CreateOptions): Promise<Directory> {
    return this.#owner.create(tx, this.#inside(path), options);
  }

  async open(tx: Transaction, path: DirectoryPath, options?: OpenOptions & ReadOptions): Promise<Directory> {
    return this.#owner.open(tx, this.#inside(path), options);
  }

  async list(tx: Transaction, path: DirectoryPath = [], options?: ListOptions): Promise<string[]> {
    return this.#owner.list(tx, this.#inside(path), options);
  }

  /** Both paths are relative to this directory. */
  async move(tx: Transaction, from: DirectoryPath, to: DirectoryPath): Promise<Directory> {
    return this.#owner.move(tx, this.#inside(from), this.#inside(to));
  }

  /** Moves this directory to an absolute path in the same partition. */
  async moveTo(tx: Transaction, path: DirectoryPath): Promise<Directory> {
    const owner = this.ownerOfSelf();
    const target = toPath(path);
    if (!startsWith(target, owner.path)) {
      throw new DirectoryError(
        "between_partitions",
        `${printPath(this.path)} and ${printPath(target)} are in different partitions; copy the contents instead.`,
      );
    }
    return owner.move(tx, this.path.slice(owner.path.length), target.slice(owner.path.length));
  }

  async exists(tx: Transaction, path: DirectoryPath = [], options?: ReadOptions): Promise<boolean> {
    const owner = this.#ownerOf(path);
    return owner.exists(tx, this.#inside(path, owner), options);
  }

  async remove(tx: Transaction, path: DirectoryPath = []): Promise<void> {
    const owner = this.#ownerOf(path);
    return owner.remove(tx, this.#inside(path, owner));
  }

  async removeIfExists(tx: Transaction, path: DirectoryPath = []): Promise<boolean> {
    const owner = this.#ownerOf(path);
    return owner.removeIfExists(tx, this.#inside(path, owner));
  }

  /** The layer in which this directory itself has its name. */
  protected ownerOfSelf(): Owner {
    return this.#owner;
  }

  #ownerOf(path: DirectoryPath): Owner {
    return toPath(path).length === 0 ? this.ownerOfSelf() : this.#owner;
  }

  #inside(path: DirectoryPath, owner: Owner = this.#owner): readonly string[] {
    return [...this.path.slice(owner.path.length), ...toPath(path)];
  }

  override [inspect.custom](): string {
    return `Directory(${printPath(this.path)})`;
  }
}
