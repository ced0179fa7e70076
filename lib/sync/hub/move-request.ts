/** A subscription's request to show other labels, which the next tick fulfils. */

import type { AnyLive, Queries } from "../live/index.js";
import { settled } from "../log/index.js";
import type { Step } from "../node/index.js";
import type { Label, Shape, Subscriber } from "../shape/index.js";
import type { Views } from "../view/index.js";
import { faultOfPart } from "./faults.js";

/** From no labels at first, later from those that the subscription shows. */
export class MoveRequest {
  labels: readonly Label[] = [];
  /** Why it cannot be fulfilled: anything can be thrown, `undefined` too. */
  fault: { readonly error: unknown } | undefined;

  constructor(
    readonly subscriber: Subscriber,
    /** The labels wanted, from those shown when the tick begins. */
    private readonly queries: () => Queries,
    /** Called when the tick is applied. */
    readonly done: (shape: Shape, before: Views, commits: number) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  async prepare(step: Step): Promise<void> {
    this.fault = undefined;
    this.labels = [];
    try {
      const wanted = Object.entries(this.queries());
      this.labels = await settled(wanted.map(([name, live]) => acquireLabel(step, name, live)));
    } catch (error) {
      this.fault = { error: faultOfPart(error) };
    }
  }

  /** Called when the nodes of all labels are at the tick's version, or have failed. */
  finish(step: Step): void {
    if (this.fault !== undefined) return;
    for (const { node } of this.labels) {
      if (!step.failed.has(node)) continue;
      this.fault = { error: step.failed.get(node) };
      return;
    }
  }
}

async function acquireLabel(step: Step, name: string, live: AnyLive): Promise<Label> {
  return { name, live, node: await step.acquire(live) };
}
