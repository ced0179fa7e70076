/** The contract of a subscription towards the hub, which tells it what happens. */

import type { AnyTransition, SubscriptionState } from "../live/index.js";
import type { Feed } from "../node/index.js";
import type { Views } from "../view/index.js";

export interface Subscriber {
  readonly closed: boolean;
  readonly paused: boolean;
  /** The version of the last transition that it was told. */
  readonly told: bigint;
  /** The feeds behind its labels. */
  readonly feeds: ReadonlySet<Feed>;
  /** Whether its value holds every commit up to a version. */
  reached(version: bigint): boolean;
  /** What it shows now. */
  views(): Views;
  /** @param before what it showed before the transition */
  deliver(transition: AnyTransition, before: Views | undefined): void;
  /** The state of the feeds or of the hub changed. */
  stateChanged(state: SubscriptionState): void;
  /** Ends with an error. */
  fail(error: unknown): void;
}
