/** All shapes of a tenant: finds the one of some labels, and those that show a node. */

import type { Tenant } from "../../tenant/index.js";
import type { CursorKeys } from "../cursor/index.js";
import type { LiveNode } from "../node/index.js";
import type { Label } from "./label.js";
import { Shape } from "./shape.js";

const none: ReadonlySet<Shape> = new Set();

export class Shapes {
  readonly #byKey = new Map<string, Shape>();
  readonly #byNode = new Map<LiveNode, Set<Shape>>();

  /** Those without feeds, as of `sync.many(S, [])`. */
  readonly still = new Set<Shape>();

  constructor(
    private readonly tenant: Tenant,
    private readonly keys: CursorKeys,
  ) {}

  get size(): number {
    return this.#byKey.size;
  }

  [Symbol.iterator](): Iterator<Shape> {
    return this.#byKey.values();
  }

  /** Shapes with a label that shows the node, not counting those that show it through another node. */
  of(node: LiveNode): ReadonlySet<Shape> {
    return this.#byNode.get(node) ?? none;
  }

  /** The shape of these labels, shared with everybody who shows the same; a new one uses their nodes. */
  share(labels: readonly Label[], version: bigint): Shape {
    const key = Shape.keyOf(labels);
    let shape = this.#byKey.get(key);
    if (shape === undefined) {
      shape = new Shape(this.tenant, this.keys, key, labels, version);
      for (const { node } of labels) {
        node.refs++;
        const shapes = this.#byNode.get(node);
        if (shapes === undefined) this.#byNode.set(node, new Set([shape]));
        else shapes.add(shape);
      }
      this.#byKey.set(key, shape);
      shape.link();
      this.linked(shape);
    }
    return shape;
  }

  /** To be called when the feeds of a shape have changed. */
  linked(shape: Shape): void {
    if (shape.feeds.size === 0) this.still.add(shape);
    else this.still.delete(shape);
  }

  /** Gives up a shape without subscribers; true when it was known, so that its nodes have one user less. */
  remove(shape: Shape): boolean {
    if (shape.subscribers.size > 0 || this.#byKey.get(shape.key) !== shape) return false;
    this.#byKey.delete(shape.key);
    this.still.delete(shape);
    shape.dispose();
    for (const { node } of shape.labels) {
      const shapes = this.#byNode.get(node);
      shapes?.delete(shape);
      if (shapes?.size === 0) this.#byNode.delete(node);
    }
    return true;
  }
}
