/** Works out what labels showed at the version of a cursor: once for all who ask for the same, beside the ticks. */

import { atRoot } from "../../repo/index.js";
import { UserFault } from "../call/index.js";
import type { SnapshotReason, SyncCursor } from "../live/index.js";
import { breathe, LayerReader, Unresumable } from "../log/index.js";
import { addMade, nothingMade } from "../node/index.js";
import { LoggedPast, Moment, RewindStep } from "../past/index.js";
import {
  type OpenedCursor,
  type Shape,
  shownVersions,
  whyMadeOtherwise,
  whyNotResumed,
} from "../shape/index.js";
import { View, type Views } from "../view/index.js";
import type { RunTransaction, TickHub } from "./tick-hub.js";

/** What labels showed at a cursor, and what has happened to their rows until a moment. */
export interface Past {
  readonly before: Views;
  /** By label: ids of rows that were gone for a while. */
  readonly returned: ReadonlyMap<string, ReadonlySet<unknown>>;
  readonly commits: number;
}

/** The past, or why it cannot be told; `stale` when the moment is too old to be read by now. */
export type Rewound =
  | { readonly past: Past }
  | { readonly reason: SnapshotReason }
  | { readonly stale: true };

/** What one subscription asks for: labels as they were at a moment, taken when it began to show them. */
export interface RewindRequest {
  readonly cursor: OpenedCursor;
  readonly shape: Shape;
  readonly moment: Moment;
}

class Stale extends Error {}

export class Rewinds {
  /** Those that are being worked out. */
  readonly #working = new Map<string, Promise<Rewound>>();

  constructor(
    private readonly hub: TickHub,
    private readonly run: RunTransaction,
  ) {}

  /** The moment of what a shape shows now; to be taken in the turn in which a subscription begins to show it. */
  static momentOf(shape: Shape): Moment {
    return new Moment(
      shape.version,
      shape.labels.map(({ node }) => node),
    );
  }

  /** @throws what a function of the application has thrown, or the store */
  rewind(request: RewindRequest): Promise<Rewound> {
    const { cursor, shape, moment } = request;
    const key = JSON.stringify([cursor.text, shape.key, moment.version.toString()]);
    let working = this.#working.get(key);
    if (working === undefined) {
      working = atRoot(() => this.#rewind(request)).finally(() => this.#working.delete(key));
      this.#working.set(key, working);
    }
    return working;
  }

  async #rewind(request: RewindRequest): Promise<Rewound> {
    const { cursor, shape, moment } = request;
    const reason = whyNotResumed(cursor, this.hub.tenant, shape.labels, moment.version);
    if (reason !== undefined) return { reason };
    let attempts = 0;
    try {
      return await this.run(this.hub.tenant, async (ctx) => {
        // Another attempt would read at a moment that is older still.
        if (attempts++ > 0) throw new Stale();
        ctx.tx.setReadVersion(moment.version);
        const reader = new LayerReader(ctx, moment.version);
        return { past: await this.#past(request, new RewindStep(this.hub, reader, moment, this.hub.feeds)) };
      });
    } catch (error) {
      if (error instanceof Stale) return { stale: true };
      if (error instanceof Unresumable) return { reason: error.reason };
      throw error instanceof UserFault ? error.thrown : error;
    }
  }

  async #past({ cursor, shape: { labels } }: RewindRequest, step: RewindStep): Promise<Past> {
    const content = cursor.content!;
    const { version } = content;
    const shown = shownVersions(content, labels);
    const plain = new LoggedPast(step.reader, version, undefined);
    const pasts = new Set([plain]);
    const returned = new Map<string, ReadonlySet<unknown>>();
    const commits = new Set<string>();
    const before = new Map<string, { view: View; fields: (typeof labels)[number]["node"]["fields"] }>();
    for (const [i, { name, node }] of labels.entries()) {
      const at = shown[i];
      const past = at === undefined ? plain : new LoggedPast(step.reader, version, at);
      pasts.add(past);
      const entries = await node.rewind(step, past);
      returned.set(name, past.returned);
      for (const commit of past.commits) commits.add(commit);
      before.set(name, { view: new View(entries, step.viewOf(node).single), fields: node.fields });
      await breathe();
    }
    const made = [...pasts].map((past) => past.made).reduce(addMade, nothingMade);
    const reason = whyMadeOtherwise(content, made);
    if (reason !== undefined) throw new Unresumable(reason);
    return {
      before: { version, cursor: "" as SyncCursor, labels: before },
      returned,
      commits: commits.size,
    };
  }
}
