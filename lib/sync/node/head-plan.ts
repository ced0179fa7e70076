/** Chooses the keys (heads) of a source to watch, so that a process sleeps through changes that it does not ask for. */

import { sourceKeys } from "../../layer/index.js";
import type { Tenant } from "../../tenant/index.js";
import { pack } from "../../tuple/index.js";
import { latin1 } from "../log/index.js";
import type { FeedNode } from "./contracts.js";

/** Heads of single values that are watched instead of the source's own, at most. */
const maxHeads = 32;

/**
 * The heads of the values that its queries ask for, as long as every query names values of a `metadata(S, by)` group
 * and they are few; else the one that every change of the source moves.
 */
export class HeadPlan {
  readonly #head: Uint8Array;
  #groups: readonly (readonly string[])[] = [];
  /** The keys of each node's values; undefined for a node that needs every change. */
  readonly #nodes = new Map<FeedNode, readonly string[] | undefined>();
  readonly #counts = new Map<string, number>();
  #whole = 0;

  constructor(tenant: Tenant, source: string) {
    this.#head = sourceKeys(tenant, source).head;
  }

  /** The fields of the groups that writers keep heads for. */
  setGroups(groups: readonly (readonly string[])[]): void {
    if (JSON.stringify(groups) === JSON.stringify(this.#groups)) return;
    this.#groups = groups;
    const nodes = [...this.#nodes.keys()];
    for (const node of nodes) this.remove(node);
    for (const node of nodes) this.add(node);
  }

  add(node: FeedNode): void {
    const keys = this.#keysOf(node);
    this.#nodes.set(node, keys);
    if (keys === undefined) this.#whole++;
    else for (const key of keys) this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  remove(node: FeedNode): void {
    if (!this.#nodes.has(node)) return;
    const keys = this.#nodes.get(node);
    this.#nodes.delete(node);
    if (keys === undefined) {
      this.#whole--;
      return;
    }
    for (const key of keys) {
      const count = this.#counts.get(key)! - 1;
      if (count === 0) this.#counts.delete(key);
      else this.#counts.set(key, count);
    }
  }

  /** The keys to watch, as text, for the nodes there are and those that join. */
  wanted(joining: Iterable<FeedNode> = []): ReadonlySet<string> {
    const head = new Set([latin1(this.#head)]);
    if (this.#whole > 0) return head;
    const keys = new Set(this.#counts.keys());
    for (const node of joining) {
      const own = this.#keysOf(node);
      if (own === undefined) return head;
      for (const key of own) keys.add(key);
    }
    return keys.size === 0 || keys.size > maxHeads ? head : keys;
  }

  /** Whether these keys are the source's own head, which every change moves. */
  isWhole(keys: ReadonlySet<string>): boolean {
    return keys.has(latin1(this.#head));
  }

  #keysOf(node: FeedNode): readonly string[] | undefined {
    for (const fields of this.#groups) {
      let keys: string[] | undefined = [latin1(pack([fields.join(",")], this.#head))];
      for (const field of fields) {
        const test = node.tests.get(field);
        keys =
          test?.kind === "points" && keys !== undefined && keys.length * test.points.length <= maxHeads
            ? keys.flatMap((key) => test.points.map((point) => key + point))
            : undefined;
      }
      if (keys !== undefined) return keys;
    }
    return undefined;
  }
}
