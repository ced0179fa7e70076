/** The keys of a directory tree: nodes, links and prefixes, without any rule of the operations on them. */

import type { Transaction } from "../engine/index.js";
import { firstGreaterOrEqual, keyAfter, readRangeAll, strinc } from "../engine/index.js";
import { Subspace } from "../tuple/index.js";
import { Allocator } from "./allocator.js";
import { isPartitionLayer } from "./layer.js";
import type { ListOptions } from "./options.js";

const SUBDIRECTORIES = 0;
const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
const layerItem = bytes("layer");

/** A place in the tree: what lookup found on the way to a path. */
export interface Node {
  /** The content prefix, or undefined when nothing is stored at `path`. */
  readonly prefix: Uint8Array | undefined;
  readonly layer: Uint8Array;
  /** Names walked so far: the whole path asked for, or up to a partition or a missing name. */
  readonly path: readonly string[];
  /** Names that a partition at `path` has to look up itself. */
  readonly rest: readonly string[];
}

const none = new Uint8Array(0);

export class Tree {
  readonly allocator: Allocator;
  readonly versionKey: Uint8Array;
  readonly #nodes: Subspace;
  readonly #contentPrefix: Uint8Array;
  readonly #rootPrefix: Uint8Array;

  constructor(nodePrefix: Uint8Array, contentPrefix: Uint8Array) {
    this.#nodes = new Subspace(nodePrefix);
    this.#contentPrefix = contentPrefix;
    // The root has no contents; its node stands under the node space's own prefix.
    this.#rootPrefix = nodePrefix;
    const root = this.#node(nodePrefix);
    this.allocator = new Allocator(root.subspace([bytes("hca")]));
    this.versionKey = root.pack([bytes("version")]);
  }

  #node(prefix: Uint8Array): Subspace {
    return this.#nodes.subspace([prefix]);
  }

  async find(tx: Transaction, path: readonly string[], snapshot = false): Promise<Node> {
    let prefix: Uint8Array = this.#rootPrefix;
    let layer: Uint8Array = none;
    for (let depth = 1; depth <= path.length; depth++) {
      const walked = path.slice(0, depth);
      const child = await tx.get(this.#link(prefix, path[depth - 1] as string), snapshot);
      if (child === undefined) return { prefix: undefined, layer: none, path: walked, rest: [] };
      prefix = child;
      layer = (await tx.get(this.#node(prefix).pack([layerItem]), snapshot)) ?? none;
      if (isPartitionLayer(layer)) return { prefix, layer, path: walked, rest: path.slice(depth) };
    }
    return { prefix, layer, path, rest: [] };
  }

  /** The names and prefixes of the directories in one, in byte order of the names' UTF-8. */
  async children(
    tx: Transaction,
    prefix: Uint8Array,
    { after, limit = 0, snapshot = false }: ListOptions = {},
  ): Promise<{ name: string; prefix: Uint8Array }[]> {
    const links = this.#node(prefix).subspace([SUBDIRECTORIES]);
    const { begin, end } = links.range();
    const rows = await readRangeAll(tx, after === undefined ? begin : keyAfter(links.pack([after])), end, {
      limit,
      snapshot,
    });
    return rows.map(([key, value]) => ({ name: links.unpack(key)[0] as string, prefix: value }));
  }

  link(tx: Transaction, parent: Uint8Array, name: string, prefix: Uint8Array): void {
    tx.set(this.#link(parent, name), prefix);
  }

  unlink(tx: Transaction, parent: Uint8Array, name: string): void {
    tx.clear(this.#link(parent, name));
  }

  #link(parent: Uint8Array, name: string): Uint8Array {
    return this.#node(parent).pack([SUBDIRECTORIES, name]);
  }

  setLayer(tx: Transaction, prefix: Uint8Array, layer: Uint8Array): void {
    tx.set(this.#node(prefix).pack([layerItem]), layer);
  }

  /** Clears the contents and the nodes of a directory and of all below it; the link to it stays. */
  async clear(tx: Transaction, prefix: Uint8Array): Promise<void> {
    for (const child of await this.children(tx, prefix)) await this.clear(tx, child.prefix);
    tx.clearRange(prefix, strinc(prefix));
    const { begin, end } = this.#node(prefix).range();
    tx.clearRange(begin, end);
  }

  /** A prefix nobody has, straight from the allocator. */
  async allocate(tx: Transaction): Promise<Uint8Array> {
    return Buffer.concat([this.#contentPrefix, await this.allocator.allocate(tx)]);
  }

  async holdsKeys(tx: Transaction, prefix: Uint8Array): Promise<boolean> {
    return this.#any(tx, prefix, strinc(prefix), false);
  }

  /** No directory's prefix starts with this one, nor the other way round. */
  async isPrefixFree(tx: Transaction, prefix: Uint8Array, snapshot: boolean): Promise<boolean> {
    const nodes = this.#nodes;
    if (prefix.length === 0 || nodes.contains(prefix)) return false;
    const before = await tx.getRange(
      firstGreaterOrEqual(nodes.range().begin),
      firstGreaterOrEqual(keyAfter(nodes.pack([prefix]))),
      { limit: 1, reverse: true, snapshot },
    );
    const nearest = before.rows[0];
    if (nearest !== undefined) {
      const owner = nodes.unpack(nearest[0])[0] as Uint8Array;
      if (new Subspace(owner).contains(prefix)) return false;
    }
    return !(await this.#any(tx, nodes.pack([prefix]), nodes.pack([strinc(prefix)]), snapshot));
  }

  async #any(tx: Transaction, begin: Uint8Array, end: Uint8Array, snapshot: boolean): Promise<boolean> {
    const { rows } = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
      limit: 1,
      snapshot,
    });
    return rows.length > 0;
  }
}
