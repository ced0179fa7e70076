/** The base class of all nodes: identity, users, and parents. */

import type { LiveKind } from "../live/index.js";
import { type ChangedFields, type Entry, type View, weighEntries } from "../view/index.js";
import type { CommonNode, CompositeNode, Feed, Past, Step } from "./contracts.js";
import type { NodeIdentity } from "./node-identity.js";

export abstract class BaseNode implements CommonNode {
  view!: View;
  refs = 0;
  evaluations = 0;
  wasted = 0;
  #parents: Set<CompositeNode> | undefined;

  constructor(
    readonly identity: string,
    readonly hash: string,
  ) {}

  abstract readonly kind: LiveKind;
  abstract readonly source: string;
  abstract readonly fields: ChangedFields;

  get gated(): boolean {
    return false;
  }

  get shownAt(): bigint | undefined {
    return undefined;
  }

  get makes(): boolean {
    return false;
  }

  get rows(): number {
    return this.view.size;
  }

  get bytes(): number {
    return weighEntries(this.view.entries, this.view.entries.length);
  }

  abstract identify(into: NodeIdentity, step?: Step): void;
  abstract collectFeeds(into: Set<Feed>): void;
  abstract rewind(step: Step, past: Past): Promise<readonly Entry[]>;
  abstract dispose(): void;

  get parents(): ReadonlySet<CompositeNode> | undefined {
    return this.#parents;
  }

  addParent(parent: CompositeNode): void {
    this.#parents ??= new Set();
    this.#parents.add(parent);
  }

  removeParent(parent: CompositeNode): void {
    this.#parents?.delete(parent);
  }
}
