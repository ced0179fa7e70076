/** What the nodes of some labels showed at one version: they move on, it stays. */

import type { Child, CompositeNode, LiveNode } from "../node/index.js";
import type { View } from "../view/index.js";

export class Moment {
  readonly views = new Map<LiveNode, View>();
  readonly children = new Map<CompositeNode, ReadonlyMap<string, Child>>();

  constructor(readonly version: bigint) {}

  /** To be called in the turn in which the version was reached. */
  note(node: LiveNode): void {
    if (this.views.has(node)) return;
    this.views.set(node, node.view);
    if (node.feed !== undefined) return;
    const children = node.children();
    this.children.set(node, children);
    for (const { node: child } of children.values()) this.note(child);
    for (const input of node.inputs()) this.note(input);
  }
}
