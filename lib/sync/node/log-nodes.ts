/** Keeps the nodes that stand on a log, and finds those that its changes concern. */

import type { SchemaInfo } from "../../schema/index.js";
import { Matcher, type RowDelta } from "../log/index.js";
import type { FeedNode } from "./contracts.js";
import { RowNode } from "./row-node.js";

export class LogNodes {
  /** Classes of one source have names and types of fields of their own, so each is looked up by its own. */
  readonly #matchers = new Map<SchemaInfo, Matcher<FeedNode>>();
  readonly #rows = new Map<string, Set<RowNode>>();
  #rowCount = 0;

  /** @param logged fields whose old and new values the log holds: queries are found by these alone */
  constructor(private logged: ReadonlySet<string>) {}

  get size(): number {
    let size = this.#rowCount;
    for (const matcher of this.#matchers.values()) size += matcher.size;
    return size;
  }

  logs(field: string): boolean {
    return this.logged.has(field);
  }

  add(node: FeedNode): void {
    if (!(node instanceof RowNode)) {
      let matcher = this.#matchers.get(node.info);
      if (matcher === undefined) {
        matcher = new Matcher();
        this.#matchers.set(node.info, matcher);
      }
      matcher.add(node, node.tests, (field) => this.logs(field));
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
      return;
    }
    const matcher = this.#matchers.get(node.info);
    matcher?.remove(node);
    if (matcher?.size === 0) this.#matchers.delete(node.info);
  }

  all(): FeedNode[] {
    return [...this.#matched(), ...[...this.#rows.values()].flatMap((nodes) => [...nodes])];
  }

  #matched(): FeedNode[] {
    return [...this.#matchers.values()].flatMap((matcher) => [...matcher.items()]);
  }

  /** The nodes that changed rows concern, each with its rows. */
  match(deltas: Iterable<RowDelta>): Map<FeedNode, RowDelta[]> {
    const work = new Map<FeedNode, RowDelta[]>();
    const found = new Set<FeedNode>();
    for (const delta of deltas) {
      found.clear();
      for (const [info, matcher] of this.#matchers)
        delta.as(info).eachState((values) => matcher.candidates(values, found));
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
    for (const node of this.#matched()) {
      this.remove(node);
      this.add(node);
    }
  }
}
