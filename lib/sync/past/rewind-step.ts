/** Works out the past of some nodes beside the ticks, in a transaction of its own: nothing of it is ever applied. */

import type { Watch } from "../../engine/index.js";
import { type AnyLive, partsOf } from "../live/index.js";
import type { Reader } from "../log/index.js";
import {
  type Child,
  type CompositeNode,
  createNode,
  type Feed,
  type FeedNode,
  type LiveNode,
  LogFeed,
  type NodeHub,
  type Step,
} from "../node/index.js";
import type { Draft, View } from "../view/index.js";
import type { Moment } from "./moment.js";

/** Nodes of the moment stay as they were then; of ids that left before, nodes are made for the step alone. */
export class RewindStep implements Step {
  readonly drafts = new Map<LiveNode, Draft>();
  readonly failed = new Map<LiveNode, unknown>();
  readonly evaluated = new Set<LiveNode>();
  readonly newFeeds = new Map<string, Feed>();
  readonly #made = new Map<string, Promise<LiveNode>>();
  readonly #settling = new Map<LiveNode, Promise<void>>();
  readonly #children = new Map<CompositeNode, Map<string, Child>>();

  constructor(
    readonly hub: NodeHub,
    readonly reader: Reader,
    private readonly moment: Moment,
    private readonly feeds: ReadonlyMap<string, Feed>,
  ) {}

  viewOf(node: LiveNode): View {
    return this.moment.views.get(node) ?? this.drafts.get(node)?.view ?? node.view;
  }

  childrenOf(node: CompositeNode): Map<string, Child> {
    let children = this.#children.get(node);
    if (children === undefined) {
      children = new Map(this.moment.children.get(node));
      this.#children.set(node, children);
    }
    return children;
  }

  /** Those of a later version are not the moment's. */
  laterChildrenOf(): undefined {
    return undefined;
  }

  feed(id: string): Feed | undefined {
    const feed = this.feeds.get(id);
    // The feed of a row believes what is read of it.
    return feed instanceof LogFeed ? feed : this.newFeeds.get(id);
  }

  acquire(live: AnyLive): Promise<LiveNode> {
    const { identity, spec } = partsOf(live);
    let made = this.#made.get(identity);
    if (made === undefined) {
      made = createNode(this, identity, live.hash, spec).then(async (node) => {
        if (node.feed !== undefined) this.drafts.set(node, await node.evaluate(this));
        return node;
      });
      this.#made.set(identity, made);
    }
    return made;
  }

  async settle(node: LiveNode): Promise<void> {
    if (node.feed !== undefined || this.moment.views.has(node)) return;
    let settling = this.#settling.get(node);
    if (settling === undefined) {
      settling = this.#build(node);
      this.#settling.set(node, settling);
    }
    await settling;
  }

  async #build(node: CompositeNode): Promise<void> {
    await node.settleInputs(this);
    this.drafts.set(node, await node.draft(this));
  }

  fail(_node: LiveNode, error: unknown): void {
    throw error;
  }

  joining(): FeedNode[] {
    return [];
  }

  watch(): Watch {
    throw new Error("What has been is not watched.");
  }
}
