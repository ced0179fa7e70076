/** The directory layer: creates, opens, lists, moves and removes the directories of a tree. */

import type { Transaction } from "../engine/index.js";
import { equalBytes } from "../engine/index.js";
import { DirectoryError } from "../errors.js";
import { checkVersion } from "./check-version.js";
import type { Directories } from "./directory.js";
import { Directory } from "./directory.js";
import { isPartitionLayer, toLayer } from "./layer.js";
import type { CreateOptions, ListOptions, OpenOptions, ReadOptions } from "./options.js";
import { DirectoryPartition } from "./partition.js";
import { type DirectoryPath, printPath, startsWith, toPath } from "./path.js";
import { serialize } from "./serialize.js";
import { type Node, Tree } from "./tree.js";

export interface DirectoryLayerOptions {
  /** Raw prefix of the directory metadata. Default the byte `fe`. */
  readonly nodePrefix?: Uint8Array;
  /** Raw prefix of allocated prefixes. Default empty. */
  readonly contentPrefix?: Uint8Array;
  /** Lets `create` take a prefix. Default false. */
  readonly allowManualPrefixes?: boolean;
}

type Mode = "createOrOpen" | "create" | "open";

/**
 * FoundationDB's directory layer: a tree of named directories, each with a short prefix of its own for its keys.
 * The layout is the standard one, so every binding and tool reads the same tree.
 *
 * Operations of one transaction run one after the other, however many are started at once.
 *
 * @example
 * const directories = new DirectoryLayer();
 * const users = await transact(engine, (tx) => directories.createOrOpen(tx, ["app", "users"]));
 * users.pack([42]);
 * @see https://apple.github.io/foundationdb/developer-guide.html#directories
 */
export class DirectoryLayer implements Directories {
  /** Absolute path of the root: empty, or that of the partition it serves. */
  readonly path: readonly string[];
  /** Empty: the root of a tree belongs to no software. */
  readonly layer: Uint8Array = new Uint8Array(0);
  readonly #tree: Tree;
  readonly #allowManualPrefixes: boolean;

  constructor(options: DirectoryLayerOptions = {}, path: readonly string[] = []) {
    this.path = path;
    this.#tree = new Tree(
      options.nodePrefix ?? Buffer.from([0xfe]),
      options.contentPrefix ?? new Uint8Array(0),
    );
    this.#allowManualPrefixes = options.allowManualPrefixes ?? false;
  }

  createOrOpen(tx: Transaction, path: DirectoryPath, options?: OpenOptions): Promise<Directory> {
    return serialize(tx, async () => this.#open(tx, toPath(path), "createOrOpen", toLayer(options?.layer)));
  }

  create(tx: Transaction, path: DirectoryPath, options?: CreateOptions): Promise<Directory> {
    return serialize(tx, async () =>
      this.#open(tx, toPath(path), "create", toLayer(options?.layer), options?.prefix),
    );
  }

  open(tx: Transaction, path: DirectoryPath, options?: OpenOptions & ReadOptions): Promise<Directory> {
    const { layer, snapshot } = options ?? {};
    return serialize(tx, async () =>
      this.#open(tx, toPath(path), "open", toLayer(layer), undefined, snapshot),
    );
  }

  exists(tx: Transaction, path: DirectoryPath = [], options: ReadOptions = {}): Promise<boolean> {
    return serialize(tx, async () => this.#exists(tx, toPath(path), options.snapshot));
  }

  list(tx: Transaction, path: DirectoryPath = [], options: ListOptions = {}): Promise<string[]> {
    return serialize(tx, async () => this.#list(tx, toPath(path), options));
  }

  move(tx: Transaction, from: DirectoryPath, to: DirectoryPath): Promise<Directory> {
    return serialize(tx, async () => this.#move(tx, toPath(from), toPath(to)));
  }

  remove(tx: Transaction, path: DirectoryPath = []): Promise<void> {
    return serialize(tx, async () => {
      const names = toPath(path);
      if (!(await this.#remove(tx, names))) throw this.#notFound(names);
    });
  }

  removeIfExists(tx: Transaction, path: DirectoryPath = []): Promise<boolean> {
    return serialize(tx, async () => this.#remove(tx, toPath(path)));
  }

  async #open(
    tx: Transaction,
    path: readonly string[],
    mode: Mode,
    layer: Uint8Array,
    prefix?: Uint8Array,
    snapshot = false,
  ): Promise<Directory> {
    if (prefix !== undefined && !this.#allowManualPrefixes) {
      throw new DirectoryError(
        "manual_prefix_disabled",
        this.path.length > 0
          ? `Directories inside the partition ${printPath(this.path)} cannot have a prefix chosen by hand.`
          : "A prefix can be chosen by hand only with new DirectoryLayer({ allowManualPrefixes: true }).",
      );
    }
    if (path.length === 0) {
      throw new DirectoryError("root_directory", "The root directory has no prefix and cannot be opened.");
    }
    await checkVersion(tx, this.#tree.versionKey, false, snapshot);
    const node = await this.#tree.find(tx, path, snapshot);
    if (node.prefix !== undefined) {
      if (node.rest.length > 0) return this.#inner(node).#open(tx, node.rest, mode, layer, prefix, snapshot);
      return this.#existing(node, mode, layer);
    }
    if (mode === "open") throw this.#notFound(path);
    await checkVersion(tx, this.#tree.versionKey, true);
    const own = prefix === undefined ? await this.#allocate(tx) : await this.#chosen(tx, prefix);
    const parent = await this.#parentPrefix(tx, path.slice(0, -1));
    this.#tree.link(tx, parent, path.at(-1) as string, own);
    this.#tree.setLayer(tx, own, layer);
    return this.#directory(path, own, layer);
  }

  #existing(node: Node, mode: Mode, layer: Uint8Array): Directory {
    if (mode === "create") {
      throw new DirectoryError(
        "already_exists",
        `The directory ${this.#print(node.path)} exists already; createOrOpen() takes either.`,
      );
    }
    if (layer.length > 0 && !equalBytes(layer, node.layer)) {
      throw new DirectoryError(
        "incompatible_layer",
        `The directory ${this.#print(node.path)} was created with the layer ${printLayer(node.layer)}, not ` +
          `${printLayer(layer)}: its contents belong to other software.`,
      );
    }
    return this.#directory(node.path, node.prefix as Uint8Array, node.layer);
  }

  async #parentPrefix(tx: Transaction, path: readonly string[]): Promise<Uint8Array> {
    if (path.length > 0) await this.#open(tx, path, "createOrOpen", toLayer(undefined));
    return (await this.#tree.find(tx, path)).prefix as Uint8Array;
  }

  async #allocate(tx: Transaction): Promise<Uint8Array> {
    const prefix = await this.#tree.allocate(tx);
    if (await this.#tree.holdsKeys(tx, prefix)) {
      throw new DirectoryError(
        "prefix_not_empty",
        `The store holds keys under the allocated prefix ${hex(prefix)}; something writes outside directories.`,
      );
    }
    if (!(await this.#tree.isPrefixFree(tx, prefix, true))) {
      throw new DirectoryError(
        "prefix_in_use",
        `The allocated prefix ${hex(prefix)} belongs to a directory whose prefix was chosen by hand.`,
      );
    }
    return prefix;
  }

  async #chosen(tx: Transaction, prefix: Uint8Array): Promise<Uint8Array> {
    if (prefix[0] === 0xff) {
      throw new DirectoryError(
        "invalid_prefix",
        `The prefix ${hex(prefix)} lies in the store's system keys.`,
      );
    }
    if (!(await this.#tree.isPrefixFree(tx, prefix, false))) {
      throw new DirectoryError("prefix_in_use", `The prefix ${hex(prefix)} is in use already.`);
    }
    return Buffer.from(prefix);
  }

  async #exists(tx: Transaction, path: readonly string[], snapshot = false): Promise<boolean> {
    await checkVersion(tx, this.#tree.versionKey, false, snapshot);
    const node = await this.#tree.find(tx, path, snapshot);
    if (node.prefix === undefined) return false;
    return node.rest.length === 0 || this.#inner(node).#exists(tx, node.rest, snapshot);
  }

  async #list(tx: Transaction, path: readonly string[], options: ListOptions): Promise<string[]> {
    await checkVersion(tx, this.#tree.versionKey, false, options.snapshot);
    const node = await this.#tree.find(tx, path, options.snapshot);
    if (node.prefix === undefined) throw this.#notFound(path);
    if (isPartitionLayer(node.layer)) return this.#inner(node).#list(tx, node.rest, options);
    return (await this.#tree.children(tx, node.prefix, options)).map((child) => child.name);
  }

  async #move(tx: Transaction, from: readonly string[], to: readonly string[]): Promise<Directory> {
    await checkVersion(tx, this.#tree.versionKey, true);
    if (startsWith(to, from)) {
      throw new DirectoryError(
        "into_own_subdirectory",
        `The directory ${this.#print(from)} cannot be moved to ${this.#print(to)}, which lies inside it.`,
      );
    }
    const source = await this.#tree.find(tx, from);
    const target = await this.#tree.find(tx, to);
    if (source.prefix === undefined) throw this.#notFound(from);
    if (source.rest.length > 0 || target.rest.length > 0) {
      const same = source.path.length === target.path.length && startsWith(source.path, target.path);
      if (source.rest.length === 0 || target.rest.length === 0 || !same) throw betweenPartitions(from, to);
      return this.#inner(source).#move(tx, source.rest, target.rest);
    }
    if (target.prefix !== undefined) {
      throw new DirectoryError(
        "already_exists",
        `The directory ${this.#print(to)} exists already; remove it first.`,
      );
    }
    const parent = await this.#tree.find(tx, to.slice(0, -1));
    if (parent.prefix === undefined) {
      throw new DirectoryError(
        "parent_not_found",
        `The directory ${this.#print(to.slice(0, -1))} that should hold the moved one does not exist; create it first.`,
      );
    }
    this.#tree.link(tx, parent.prefix, to.at(-1) as string, source.prefix);
    await this.#unlink(tx, from);
    return this.#directory(to, source.prefix, source.layer);
  }

  async #remove(tx: Transaction, path: readonly string[]): Promise<boolean> {
    await checkVersion(tx, this.#tree.versionKey, true);
    if (path.length === 0) {
      throw new DirectoryError("root_directory", "The root directory cannot be removed.");
    }
    const node = await this.#tree.find(tx, path);
    if (node.prefix === undefined) return false;
    if (node.rest.length > 0) return this.#inner(node).#remove(tx, node.rest);
    await this.#tree.clear(tx, node.prefix);
    await this.#unlink(tx, path);
    return true;
  }

  async #unlink(tx: Transaction, path: readonly string[]): Promise<void> {
    const parent = await this.#tree.find(tx, path.slice(0, -1));
    if (parent.prefix !== undefined) this.#tree.unlink(tx, parent.prefix, path.at(-1) as string);
  }

  #directory(path: readonly string[], prefix: Uint8Array, layer: Uint8Array): Directory {
    const absolute = [...this.path, ...path];
    if (!isPartitionLayer(layer)) return new Directory(absolute, prefix, layer, this);
    return new DirectoryPartition(absolute, prefix, layer, partitionLayer(absolute, prefix), this);
  }

  #inner(node: Node): DirectoryLayer {
    return partitionLayer([...this.path, ...node.path], node.prefix as Uint8Array);
  }

  #print(path: readonly string[]): string {
    return printPath([...this.path, ...path]);
  }

  #notFound(path: readonly string[]): DirectoryError {
    return new DirectoryError(
      "not_found",
      `The directory ${this.#print(path)} does not exist; createOrOpen() would make it.`,
    );
  }
}

/** A partition keeps its tree, and all its prefixes, under its own prefix. */
function partitionLayer(path: readonly string[], prefix: Uint8Array): DirectoryLayer {
  const nodePrefix = Buffer.concat([prefix, Buffer.from([0xfe])]);
  return new DirectoryLayer({ nodePrefix, contentPrefix: prefix }, path);
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const printLayer = (layer: Uint8Array): string => JSON.stringify(Buffer.from(layer).toString("utf8"));

function betweenPartitions(from: readonly string[], to: readonly string[]): DirectoryError {
  return new DirectoryError(
    "between_partitions",
    `${printPath(from)} and ${printPath(to)} are in different partitions; copy the contents instead.`,
  );
}
