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
  #node: RowNode | undefined;
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
    return this.#node === undefined ? 0 : 1;
  }

  get watched(): boolean {
    return this.#watch.armed;
  }

  get watchCount(): number {
    return this.#watch.armed ? 1 : 0;
  }

  join(node: FeedNode): void {
    this.#node = node as RowNode;
  }

  leave(): void {
    this.#node = undefined;
    this.hub.removeFeed(this);
  }

  async advance(step: Step): Promise<Map<FeedNode, Draft>> {
    const node = this.#node;
    if (node === undefined || step.reader.version <= this.position) return new Map();
    step.evaluated.add(node);
    const row = await step.reader.row(node.info, node.pk);
    if (row === null) await step.reader.verify();
    this.saw(row);
    const draft = node.next(row === null ? undefined : Object.freeze(row), false, [
      `row:${step.reader.version}`,
    ]);
    return new Map(draft === undefined ? [] : [[node, draft]]);
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
