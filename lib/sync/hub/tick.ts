/** One step of a tenant's live queries to a newer version, worked out in one read transaction. */

import type { Watch } from "../../engine/index.js";
import { type AnyLive, type LiveSpec, partsOf } from "../live/index.js";
import type { Reader } from "../log/index.js";
import {
  type Child,
  type CompositeNode,
  createNode,
  type Feed,
  type FeedNode,
  type LiveNode,
  type Step,
} from "../node/index.js";
import type { Draft, View } from "../view/index.js";
import { faultOfPart } from "./faults.js";
import type { TickHub } from "./tick-hub.js";

/**
 * Nothing outside changes before the transaction has committed: everything is a draft, and an attempt that is
 * retried is abandoned with its drafts.
 */
export class Tick implements Step {
  readonly drafts = new Map<LiveNode, Draft>();
  /** Nodes that exist once the tick is applied. */
  readonly created = new Map<string, LiveNode>();
  readonly newFeeds = new Map<string, Feed>();
  readonly failed = new Map<LiveNode, unknown>();
  /** Feeds whose changes up to the tick's version are in `drafts`. */
  readonly advanced = new Set<Feed>();
  readonly evaluated = new Set<LiveNode>();
  readonly #due: Set<Feed>;
  readonly #creating = new Map<string, Promise<LiveNode>>();
  readonly #pins: LiveNode[] = [];
  readonly #held: Feed[] = [];
  /** Reads that were under way when one of them failed may still come back; they hold on to nothing. */
  #abandoned = false;
  readonly #watches: Watch[] = [];
  readonly #children = new Map<CompositeNode, Map<string, Child>>();
  /** Nodes made of others that have to be built anew. */
  readonly #dirty = new Set<CompositeNode>();
  #settling = new Map<CompositeNode, Promise<void>>();

  constructor(
    readonly hub: TickHub,
    readonly reader: Reader,
    due: Iterable<Feed>,
  ) {
    this.#due = new Set(due);
  }

  viewOf(node: LiveNode): View {
    return this.drafts.get(node)?.view ?? node.view;
  }

  watch(key: Uint8Array): Watch {
    const watch = this.reader.watch(key);
    this.#watches.push(watch);
    return watch;
  }

  feed(id: string): Feed | undefined {
    const known = this.hub.feeds.get(id);
    if (known === undefined) return this.newFeeds.get(id);
    if (known.held || this.#abandoned) return known;
    known.held = true;
    this.#held.push(known);
    return known;
  }

  childrenOf(node: CompositeNode): Map<string, Child> {
    let children = this.#children.get(node);
    if (children === undefined) {
      children = new Map();
      this.#children.set(node, children);
    }
    return children;
  }

  laterChildrenOf(children: ReadonlyMap<string, Child>): ReadonlyMap<string, Child> {
    return children;
  }

  async acquire(live: AnyLive): Promise<LiveNode> {
    const { identity, spec } = partsOf(live);
    const known = this.hub.nodes.get(identity);
    if (known !== undefined) {
      this.#pin(known);
      known.collectFeeds(this.#due);
      return known;
    }
    let creating = this.#creating.get(identity);
    if (creating === undefined) {
      creating = this.#create(identity, live.hash, spec);
      this.#creating.set(identity, creating);
    }
    const node = await creating;
    this.#pin(node);
    return node;
  }

  async #create(identity: string, hash: string, spec: LiveSpec): Promise<LiveNode> {
    const node = await createNode(this, identity, hash, spec);
    this.created.set(identity, node);
    if (node.feed !== undefined) {
      // The new node is read at this version, so the others on its feed have to come along.
      if (this.hub.feeds.get(node.feed.id) === node.feed) this.#due.add(node.feed);
      this.drafts.set(node, await node.evaluate(this));
    } else this.#dirty.add(node);
    return node;
  }

  #pin(node: LiveNode): void {
    if (this.#abandoned) return;
    node.refs++;
    this.#pins.push(node);
  }

  /** Brings every due feed, and all that are shown together with one, to this version. */
  async advance(): Promise<void> {
    for (;;) {
      const feeds = this.#closure();
      await Promise.all(feeds.map((feed) => this.#advanceFeed(feed)));
      this.#markParents();
      this.#settling = new Map();
      for (const node of this.#dirty) await this.settle(node);
      if (this.#closure().length === 0) return;
    }
  }

  async #advanceFeed(feed: Feed): Promise<void> {
    this.advanced.add(feed);
    try {
      for (const [node, draft] of await feed.advance(this)) this.drafts.set(node, draft);
    } catch (error) {
      const fault = faultOfPart(error);
      for (const node of feed.nodes()) this.failed.set(node, fault);
    }
  }

  /** Due feeds that are still behind, with those that some subscription shows together with them. */
  #closure(): Feed[] {
    const queue = [...this.#due];
    for (const feed of queue) {
      for (const linked of feed.links.keys()) {
        if (this.#due.has(linked)) continue;
        this.#due.add(linked);
        queue.push(linked);
      }
    }
    return queue.filter((feed) => !this.advanced.has(feed));
  }

  #markParents(): void {
    const queue: LiveNode[] = [...this.drafts.keys(), ...this.#dirty];
    const seen = new Set(queue);
    for (const node of queue) {
      for (const parent of node.parents ?? []) {
        this.#dirty.add(parent);
        if (!seen.has(parent)) queue.push(parent);
        seen.add(parent);
      }
    }
  }

  async settle(node: LiveNode): Promise<void> {
    if (node.feed !== undefined || !this.#dirty.has(node)) return;
    let settling = this.#settling.get(node);
    if (settling === undefined) {
      settling = this.#build(node);
      this.#settling.set(node, settling);
    }
    await settling;
  }

  async #build(node: CompositeNode): Promise<void> {
    await node.settleInputs(this);
    if (!this.created.has(node.identity)) this.evaluated.add(node);
    try {
      this.drafts.set(node, await node.draft(this));
    } catch (error) {
      this.fail(node, error);
    }
  }

  fail(node: LiveNode, error: unknown): void {
    this.failed.set(node, faultOfPart(error));
  }

  joining(feed: Feed): FeedNode[] {
    const nodes: FeedNode[] = [];
    for (const node of this.created.values()) {
      if (node.feed === feed && this.drafts.has(node)) nodes.push(node);
    }
    return nodes;
  }

  /** Sets the watches that are missing, as the last thing in the transaction. */
  arm(): void {
    for (const feed of this.advanced) feed.arm(this);
    for (const feed of this.newFeeds.values()) feed.arm(this);
    this.hub.tenantWatch.arm(this, [...this.advanced, ...this.newFeeds.values()]);
  }

  /** Gives back what the tick held on to, after it was applied or abandoned. */
  unpin(): void {
    for (const node of this.#pins) this.hub.release(node);
    this.#pins.length = 0;
    this.#letGo();
  }

  /** The attempt does not count: its transaction is run again, or failed. */
  abandon(): void {
    this.#abandoned = true;
    for (const watch of this.#watches) watch.cancel();
    for (const node of this.#pins) node.refs--;
    for (const node of this.#pins)
      if (node.refs === 0 && !this.created.has(node.identity)) this.hub.reap(node);
    this.#pins.length = 0;
    this.#letGo();
  }

  #letGo(): void {
    for (const feed of this.#held) {
      feed.held = false;
      this.hub.removeFeed(feed);
    }
    this.#held.length = 0;
  }
}
