/** The feed of one row of a source without a log: watches the row's own key, and reads it at every step. */

import type { Watch } from "../../engine/index.js";
import { dataKey } from "../../layer/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { rowKey } from "../log/index.js";
import type { Draft } from "../view/index.js";
import type { Feed, FeedNode, FeedState, FeedStats, NodeHub, Step } from "./contracts.js";
import { KeyWatch } from "./key-watch.js";
import { RowNode } from "./row-node.js";

/** One row of a source without a log: a watch on its own key, and a read of it at every step. */
export class RowFeed implements Feed {
  readonly id: string;
  readonly links = new Map<Feed, number>();
  position = 0n;
  state: FeedState = "live";
  settledAt = Date.now();
  readonly stats: FeedStats = { entries: 0, evaluations: 0, wasted: 0 };
  blind = false;
  held = false;
  readonly #watch: KeyWatch;
  /** One for each class that reads the row. */
  readonly #nodes = new Set<RowNode>();
  #pending: Watch | undefined;

  constructor(
    private readonly hub: NodeHub,
    info: SchemaInfo,
    pk: readonly TupleItem[],
  ) {
    this.id = RowFeed.idOf(info, pk);
    this.#watch = new KeyWatch(dataKey(hub, info, pk), {
      fired: () => hub.poke(this, performance.now()),
      failed: (refused) => hub.states.watchFailed(this, refused),
    });
  }

  static idOf(info: SchemaInfo, pk: readonly TupleItem[]): string {
    return `row:${info.source}:${rowKey(pk)}`;
  }

  get nodeCount(): number {
    return this.#nodes.size;
  }

  nodes(): readonly RowNode[] {
    return [...this.#nodes];
  }

  get watched(): boolean {
    return this.#watch.armed;
  }

  get watchCount(): number {
    return this.#watch.armed ? 1 : 0;
  }

  join(node: FeedNode): void {
    this.#nodes.add(node as RowNode);
  }

  leave(node: FeedNode): void {
    this.#nodes.delete(node as RowNode);
    if (this.#nodes.size === 0) this.hub.removeFeed(this);
  }

  async advance(step: Step): Promise<Map<FeedNode, Draft>> {
    const drafts = new Map<FeedNode, Draft>();
    if (step.reader.version <= this.position) return drafts;
    for (const node of this.#nodes) {
      step.evaluated.add(node);
      try {
        const draft = await this.#next(step, node);
        if (draft !== undefined) drafts.set(node, draft);
      } catch (error) {
        step.fail(node, error);
      }
    }
    return drafts;
  }

  async #next({ reader }: Step, node: RowNode): Promise<Draft | undefined> {
    const row = await reader.row(node.info, node.pk);
    if (row === null) await reader.verify();
    this.saw(row);
    return node.next(row === null ? undefined : Object.freeze(row), false, [`row:${reader.version}`]);
  }

  saw(row: object | null): void {
    this.blind = row === null;
  }

  arm(step: Step): void {
    this.#pending = this.#watch.armed ? undefined : step.watch(this.#watch.key);
  }

  settle(step: Step): void {
    if (step.reader.version > this.position) this.position = step.reader.version;
    this.settledAt = Date.now();
    if (this.#pending !== undefined) this.#watch.take(this.#pending);
    this.#pending = undefined;
  }

  dispose(): void {
    this.#watch.release();
  }
}
