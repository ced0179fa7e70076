/** Counts the subscriptions that show a node, directly or through the nodes that are made of it. */

import type { LiveNode } from "../node/index.js";
import type { Shape, Shapes } from "../shape/index.js";

export class SubscriberCounts {
  readonly #known = new Map<LiveNode, ReadonlySet<Shape>>();

  constructor(private readonly shapes: Shapes) {}

  of(node: LiveNode): number {
    let count = 0;
    for (const shape of this.#shapesOf(node)) count += shape.subscribers.size;
    return count;
  }

  #shapesOf(node: LiveNode): ReadonlySet<Shape> {
    const { parents } = node;
    if (parents === undefined || parents.size === 0) return this.shapes.of(node);
    let shapes = this.#known.get(node);
    if (shapes === undefined) {
      const some = [this.shapes.of(node), ...[...parents].map((parent) => this.#shapesOf(parent))];
      const full = some.filter((set) => set.size > 0);
      shapes = full.length === 1 ? full[0]! : new Set(full.flatMap((set) => [...set]));
      this.#known.set(node, shapes);
    }
    return shapes;
  }
}
