/** A subscription's request to show other labels, which the next tick fulfils. */

import type { AnyLive, Queries } from "../live/index.js";
import type { Step } from "../node/index.js";
import type { Label, Shape, Subscriber } from "../shape/index.js";
import type { Views } from "../view/index.js";
import { throwIfFatal } from "./faults.js";

/** Work inside the tick's transaction, when every label is at its version. */
export type InsideTick = (step: Step, labels: readonly Label[]) => Promise<void>;

/** From no labels at first, later from those that the subscription shows. */
export class MoveRequest {
  labels: readonly Label[] = [];
  error: unknown;

  constructor(
    readonly subscriber: Subscriber,
    /** The labels wanted, from those shown when the tick begins. */
    private readonly queries: () => Queries,
    private readonly inside: InsideTick | undefined,
    /** Called when the tick is applied. */
    readonly done: (shape: Shape, before: Views, commits: number) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  async prepare(step: Step): Promise<void> {
    this.error = undefined;
    this.labels = [];
    try {
      const wanted = Object.entries(this.queries());
      // All of them end before the tick goes on, also when one has failed.
      const found = await Promise.allSettled(wanted.map(([name, live]) => acquireLabel(step, name, live)));
      this.labels = found.map((result) => {
        if (result.status === "rejected") throw result.reason;
        return result.value;
      });
    } catch (error) {
      throwIfFatal(error);
      this.error = error;
    }
  }

  async finish(step: Step): Promise<void> {
    if (this.error !== undefined) return;
    for (const { node } of this.labels) this.error ??= step.failed.get(node);
    if (this.error === undefined) await this.inside?.(step, this.labels);
  }
}

async function acquireLabel(step: Step, name: string, live: AnyLive): Promise<Label> {
  return { name, live, node: await step.acquire(live) };
}
