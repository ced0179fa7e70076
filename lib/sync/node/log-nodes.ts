/** Keeps the nodes that stand on a log, and finds those that its changes concern. */

import { Matcher, type RowDelta } from "../log/index.js";
import type { FeedNode } from "./contracts.js";
import { RowNode } from "./row-node.js";

export class LogNodes {
  readonly #matcher = new Matcher<FeedNode>();
  readonly #rows = new Map<string, Set<RowNode>>();
  #rowCount = 0;

  /** @param logged fields whose old and new values the log holds: queries are found by these alone */
  constructor(private logged: ReadonlySet<string>) {}

  get size(): number {
    return this.#matcher.size + this.#rowCount;
  }

  logs(field: string): boolean {
    return this.logged.has(field);
  }

  add(node: FeedNode): void {
    if (!(node instanceof RowNode)) {
      this.#matcher.add(node, node.tests, (field) => this.logs(field));
      return;
    }
    const nodes = this.#rows.get(node.key);
    if (nodes === undefined) this.#rows.set(node.key, new Set([node]));
    else nodes.add(node);
    this.#rowCount++;
  }

  remove(node: FeedNode): void {
    if (node instanceof RowNode) {
      const nodes = this.#rows.get(node.key);
      if (nodes?.delete(node)) this.#rowCount--;
      if (nodes?.size === 0) this.#rows.delete(node.key);
    } else this.#matcher.remove(node);
  }

  all(): FeedNode[] {
    return [...this.#matcher.items(), ...[...this.#rows.values()].flatMap((nodes) => [...nodes])];
  }

  /** The nodes that changed rows concern, each with its rows. */
  match(deltas: Iterable<RowDelta>): Map<FeedNode, RowDelta[]> {
    const work = new Map<FeedNode, RowDelta[]>();
    const found = new Set<FeedNode>();
    for (const delta of deltas) {
      found.clear();
      if (this.#matcher.size > 0) delta.eachState((values) => this.#matcher.candidates(values, found));
      for (const node of this.#rows.get(delta.key) ?? []) found.add(node);
      for (const node of found) {
        const rows = work.get(node);
        if (rows === undefined) work.set(node, [delta.as(node.info)]);
        else rows.push(delta.as(node.info));
      }
    }
    return work;
  }

  /** An index that came or went changes by which fields queries are found. */
  learn(logged: ReadonlySet<string>): void {
    if (logged.size === this.logged.size && [...logged].every((field) => this.logged.has(field))) return;
    this.logged = logged;
    for (const node of [...this.#matcher.items()]) {
      this.#matcher.remove(node);
      this.#matcher.add(node, node.tests, (field) => this.logs(field));
    }
  }
}
