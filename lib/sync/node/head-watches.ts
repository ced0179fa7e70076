/** Sets and releases the watches on the heads of a source, as a plan wants them. */

import type { Watch } from "../../engine/index.js";
import type { FeedNode, Step } from "./contracts.js";
import type { HeadPlan } from "./head-plan.js";
import { KeyWatch, type KeyWatchEvents } from "./key-watch.js";

export class HeadWatches {
  /** By the watched key, as text. */
  readonly #watches = new Map<string, KeyWatch>();
  #pending = new Map<string, Watch>();

  constructor(
    private readonly plan: HeadPlan,
    private readonly events: KeyWatchEvents,
  ) {}

  /** Watches held at the moment. */
  get count(): number {
    let count = 0;
    for (const watch of this.#watches.values()) if (watch.armed) count++;
    return count;
  }

  /** Whether every key that has to be watched is. */
  get complete(): boolean {
    for (const key of this.plan.wanted()) if (this.#watches.get(key)?.armed !== true) return false;
    return true;
  }

  /**
   * Sets what is missing in the step's transaction.
   *
   * @returns whether the source's own head is watched, which every change moves
   */
  arm(step: Step, joining: Iterable<FeedNode>): boolean {
    this.#pending = new Map();
    const wanted = this.plan.wanted(joining);
    for (const key of wanted) {
      if (this.#watches.get(key)?.armed !== true)
        this.#pending.set(key, step.watch(Buffer.from(key, "latin1")));
    }
    return this.plan.isWhole(wanted);
  }

  /** The step has committed: its watches count, and those that nobody asks for any more are released. */
  settle(): void {
    for (const [key, watch] of this.#pending) this.#watchOf(key).take(watch);
    this.#pending = new Map();
    const wanted = this.plan.wanted();
    for (const [key, watch] of this.#watches) {
      if (wanted.has(key)) continue;
      watch.release();
      this.#watches.delete(key);
    }
  }

  #watchOf(key: string): KeyWatch {
    let watch = this.#watches.get(key);
    if (watch === undefined) {
      watch = new KeyWatch(Buffer.from(key, "latin1"), this.events);
      this.#watches.set(key, watch);
    }
    return watch;
  }

  dispose(): void {
    for (const watch of this.#watches.values()) watch.release();
    this.#watches.clear();
  }
}
