/** Works out what labels showed at the versions of cursors: for all who begin at one moment together, beside the ticks. */

import { atRoot } from "../../repo/index.js";
import type { SnapshotReason, Version } from "../live/index.js";
import { breathe, LayerReader, Unresumable } from "../log/index.js";
import { Moment, RewindStep } from "../past/index.js";
import { type OpenedCursor, type Shape, whyNotResumed } from "../shape/index.js";
import { faultOfPart, isTerminal } from "./faults.js";
import { type Past, Pasts } from "./pasts.js";
import type { RunTransaction, TickHub } from "./tick-hub.js";

/** The past, or why it cannot be told; `stale` when the moment is too old to be read by now. */
export type Rewound =
  | { readonly past: Past }
  | { readonly reason: SnapshotReason }
  | { readonly stale: true };

class Stale extends Error {}

/** Everybody who began at one version, which one transaction reads. */
class Crowd {
  readonly moment: Moment;
  /** By labels and cursor: who asks for the same is answered with the same. */
  readonly asked = new Map<string, Asked>();

  constructor(version: Version) {
    this.moment = new Moment(version);
  }
}

interface Asked {
  readonly cursor: OpenedCursor;
  readonly shape: Shape;
  readonly answer: PromiseWithResolvers<Rewound>;
}

type PromiseWithResolvers<T> = {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
};

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

export class Rewinds {
  readonly #crowds = new Map<Version, Crowd>();

  constructor(
    private readonly hub: TickHub,
    private readonly run: RunTransaction,
  ) {}

  /**
   * To be called in the turn in which a subscription begins to show a shape: what it shows by then is the moment.
   *
   * @returns rejects with what a function of the application has thrown, or the store
   */
  rewind(cursor: OpenedCursor, shape: Shape): Promise<Rewound> {
    const { version } = shape;
    const reason = whyNotResumed(cursor, this.hub.tenant, shape.digests, version);
    if (reason !== undefined) return Promise.resolve({ reason });
    let crowd = this.#crowds.get(version);
    if (crowd === undefined) {
      const made = new Crowd(version);
      crowd = made;
      this.#crowds.set(version, made);
      // Those who begin in the same step come in this turn of the event loop.
      setImmediate(() => {
        this.#crowds.delete(version);
        void atRoot(() => this.#answer(made));
      });
    }
    const key = JSON.stringify([cursor.text, shape.key]);
    let asked = crowd.asked.get(key);
    if (asked === undefined) {
      for (const { node } of shape.labels) crowd.moment.note(node);
      asked = { cursor, shape, answer: withResolvers() };
      crowd.asked.set(key, asked);
    }
    return asked.answer.promise;
  }

  async #answer({ moment, asked }: Crowd): Promise<void> {
    const left = new Set(asked.values());
    let attempts = 0;
    try {
      await this.run(this.hub.tenant, async (ctx) => {
        // Another attempt would read at a moment that is older still.
        if (attempts++ > 0) throw new Stale();
        ctx.tx.setReadVersion(moment.version);
        const reader = new LayerReader(ctx, moment.version);
        const pasts = new Pasts(new RewindStep(this.hub, reader, moment, this.hub.feeds));
        for (const one of left) {
          await answer(one, pasts);
          left.delete(one);
          await breathe();
        }
      });
    } catch (error) {
      const terminal = !(error instanceof Stale) && isTerminal(error);
      for (const { answer } of left) {
        if (terminal) answer.reject(error);
        else answer.resolve({ stale: true });
      }
    }
  }
}

/** @throws an error of the store, which all who ask have met */
async function answer({ cursor, shape, answer }: Asked, pasts: Pasts): Promise<void> {
  try {
    answer.resolve({ past: await pasts.of(cursor.content!, shape.labels) });
  } catch (error) {
    if (error instanceof Unresumable) answer.resolve({ reason: error.reason });
    else answer.reject(faultOfPart(error));
  }
}
