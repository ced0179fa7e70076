import type { AnyLive, Queries } from "../live/index.js";
import type { LiveNode } from "../node/index.js";
import type { Label, Shape, Subscriber } from "../shape/index.js";
import type { Views } from "../view/index.js";
import type { Tick } from "./tick.js";

/** A subscription on its way to other labels: from none at first, later from those it shows. */
export class MoveRequest {
  labels: readonly Label[] = [];
  error: unknown;

  constructor(
    readonly subscriber: Subscriber,
    /** The labels wanted, from those shown when the tick begins. */
    private readonly queries: () => Queries,
    /** Called inside the tick's transaction, when every label is at its version. */
    private readonly inside: ((tick: Tick, labels: readonly Label[]) => Promise<void>) | undefined,
    /** Called when the tick is applied. */
    readonly done: (shape: Shape, before: Views, commits: number) => void,
    readonly reject: (error: unknown) => void,
  ) {}

  async prepare(tick: Tick): Promise<void> {
    this.error = undefined;
    this.labels = [];
    try {
      const wanted = Object.entries(this.queries());
      // All of them end before the tick goes on, also when one has failed.
      const found = await Promise.allSettled(wanted.map(([name, live]) => acquireLabel(tick, name, live)));
      this.labels = found.map((result) => {
        if (result.status === "rejected") throw result.reason;
        return result.value;
      });
    } catch (error) {
      tick.throwIfFatal(error);
      this.error = error;
    }
  }

  async finish(tick: Tick): Promise<void> {
    if (this.error !== undefined) return;
    for (const { node } of this.labels) this.error ??= tick.failed.get(node);
    if (this.error === undefined) await this.inside?.(tick, this.labels);
  }
}

async function acquireLabel(tick: Tick, name: string, live: AnyLive): Promise<Label> {
  const node: LiveNode = await tick.acquire(live);
  return { name, live, node };
}
