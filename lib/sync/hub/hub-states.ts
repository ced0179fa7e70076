/** Keeps the states of a tenant's feeds (live, polling, catching up, …), and tells its subscriptions of them. */

import type { SubscriptionState } from "../live/index.js";
import type { Feed, FeedState, FeedWatcher } from "../node/index.js";
import type { Shape, Shapes } from "../shape/index.js";

/** What the states need of their hub. */
export interface StatesHost {
  readonly shapes: Shapes;
  has(feed: Feed): boolean;
  poke(feed: Feed): void;
  after(ms: number, run: () => void): void;
}

/** Milliseconds between reads while watches are refused. */
const pollMs = 500;

export class HubStates implements FeedWatcher {
  #stalled = false;
  readonly #failures = new Map<Feed, number>();

  constructor(private readonly host: StatesHost) {}

  of(shape: Shape): SubscriptionState {
    if (this.#stalled) return "stalled";
    for (const feed of shape.feeds) if (feed.state !== "live") return feed.state;
    return "live";
  }

  /** Whether reading fails at the moment. */
  set stalled(stalled: boolean) {
    if (this.#stalled === stalled) return;
    this.#stalled = stalled;
    for (const shape of this.host.shapes) this.#tell(shape);
  }

  /** The watch is set again the first time; after that, the feed is read at intervals until one holds. */
  watchFailed(feed: Feed, refused: boolean): void {
    if (!this.host.has(feed)) return;
    const failures = (this.#failures.get(feed) ?? 0) + 1;
    this.#failures.set(feed, failures);
    if (!refused && failures === 1) {
      this.host.poke(feed);
      return;
    }
    this.#enter(feed, "polling");
    this.host.after(pollMs, () => this.host.poke(feed));
  }

  /** Called after a tick for feeds that have set a watch again. */
  watchSet(feed: Feed): void {
    if (!this.#failures.has(feed)) return;
    this.host.after(pollMs, () => {
      if (!feed.watched || !this.host.has(feed)) return;
      this.#failures.delete(feed);
      this.#enter(feed, "live");
    });
  }

  catchingUp(feed: Feed): void {
    if (feed.state === "live") this.#enter(feed, "catching-up");
  }

  caughtUp(feed: Feed): void {
    if (feed.state === "catching-up") this.#enter(feed, "live");
  }

  forget(feed: Feed): void {
    this.#failures.delete(feed);
  }

  #enter(feed: Feed, state: FeedState): void {
    if (feed.state === state) return;
    feed.state = state;
    for (const shape of this.host.shapes) if (shape.feeds.has(feed)) this.#tell(shape);
  }

  #tell(shape: Shape): void {
    const state = this.of(shape);
    for (const subscriber of [...shape.subscribers]) subscriber.stateChanged(state);
  }
}
