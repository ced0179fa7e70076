import { EngineError } from "../engine/engine-error.js";
import { EngineClosedError, TenantGoneError } from "../errors.js";
import type { LayerContext } from "../layer/index.js";
import type { Tenant } from "../tenant/index.js";
import { applyTick } from "./apply-tick.js";
import { atRoot } from "./at-root.js";
import type { Feed } from "./feed.js";
import { LayerReader } from "./layer-reader.js";
import { type AnyLive, type LiveParts, partsOf } from "./live.js";
import type { LiveNode } from "./node.js";
import type { MoveRequest } from "./request.js";
import { Shape } from "./shape.js";
import { Tick } from "./tick.js";
import type { SubscriptionState } from "./transition.js";

/** How a hub runs its transactions. */
export type RunTransaction = <T>(tenant: Tenant, body: (ctx: LayerContext) => Promise<T>) => Promise<T>;

interface Waiter {
  readonly shape: () => Shape;
  readonly version: bigint;
  readonly resolve: () => void;
}

/** Milliseconds between reads while watches are refused. */
const pollMs = 500;
const retryMs = { first: 50, most: 5_000 };

/** All live queries of one tenant in this process: they stand on shared feeds and move in ticks, one after another. */
export class TenantHub {
  readonly nodes = new Map<string, LiveNode>();
  readonly feeds = new Map<string, Feed>();
  readonly shapes = new Map<string, Shape>();
  readonly stats = { ticks: 0, transitions: 0 };
  readonly #due = new Set<Feed>();
  #requests: MoveRequest[] = [];
  readonly #waiters = new Set<Waiter>();
  #running = false;
  #closed = false;
  #stalled = false;
  #failures = 0;
  #timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #refusals = new Map<Feed, number>();

  constructor(
    readonly tenant: Tenant,
    private readonly run: RunTransaction,
    private readonly onIdle: () => void,
  ) {}

  get idle(): boolean {
    return this.shapes.size === 0 && this.#requests.length === 0 && !this.#running;
  }

  get watchCount(): number {
    let count = 0;
    for (const feed of this.feeds.values()) count += feed.watchCount;
    return count;
  }

  resolve(live: AnyLive): LiveParts {
    return partsOf(live);
  }

  /** The feed may have changed: a tick reads it. */
  poke(feed: Feed): void {
    if (this.#closed) return;
    this.#due.add(feed);
    this.#schedule();
  }

  pokeAll(feeds: Iterable<Feed>): void {
    for (const feed of feeds) this.#due.add(feed);
    this.#schedule();
  }

  request(request: MoveRequest): void {
    this.#requests.push(request);
    this.#schedule();
  }

  /** Resolves when the shape has reached `version`; reads at once, because a commit is older than its watch. */
  reached(shape: () => Shape, version: bigint, signal: AbortSignal): Promise<void> {
    if (shape().version >= version || shape().feeds.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const waiter = { shape, version, resolve };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", () => this.#waiters.delete(waiter), { once: true });
      this.pokeAll(shape().feeds);
    });
  }

  #schedule(): void {
    if (this.#running || this.#closed) return;
    this.#running = true;
    queueMicrotask(() => void atRoot(() => this.#loop()));
  }

  async #loop(): Promise<void> {
    while (!this.#closed && (this.#due.size > 0 || this.#requests.length > 0)) {
      const due = [...this.#due];
      const requests = this.#takeRequests();
      this.#due.clear();
      try {
        await this.#step(due, requests);
        this.#failures = 0;
        this.#setStalled(false);
      } catch (error) {
        await this.#failed(error, due, requests);
      }
    }
    this.#running = false;
    if (this.idle) this.onIdle();
  }

  /** One request of each subscription: the next one builds on what it did. */
  #takeRequests(): MoveRequest[] {
    const taken = new Map<unknown, MoveRequest>();
    const rest: MoveRequest[] = [];
    for (const request of this.#requests) {
      if (taken.has(request.subscriber)) rest.push(request);
      else taken.set(request.subscriber, request);
    }
    this.#requests = rest;
    return [...taken.values()];
  }

  async #step(due: readonly Feed[], requests: readonly MoveRequest[]): Promise<void> {
    let attempt: Tick | undefined;
    try {
      await this.run(this.tenant, async (ctx) => {
        attempt?.abandon();
        attempt = undefined;
        const reader = new LayerReader(ctx, await ctx.tx.getReadVersion());
        const tick = new Tick(
          this,
          reader,
          due.filter((feed) => this.feeds.get(feed.id) === feed),
        );
        attempt = tick;
        await Promise.all(requests.map((request) => request.prepare(tick)));
        await tick.advance();
        for (const request of requests) await request.finish(tick);
        tick.arm();
      });
    } catch (error) {
      attempt?.abandon();
      throw error;
    }
    this.stats.ticks++;
    applyTick(this, attempt!, requests);
    this.#wakeWaiters();
  }

  #wakeWaiters(): void {
    for (const waiter of this.#waiters) {
      if (waiter.shape().version < waiter.version) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  async #failed(error: unknown, due: readonly Feed[], requests: readonly MoveRequest[]): Promise<void> {
    for (const request of requests) request.reject(error);
    if (this.#closed) return;
    const terminal =
      error instanceof TenantGoneError ||
      error instanceof EngineClosedError ||
      !(error instanceof EngineError || isTransient(error));
    if (terminal) {
      this.fail(error);
      return;
    }
    for (const feed of due) this.#due.add(feed);
    this.#setStalled(true);
    const delay = Math.min(retryMs.first * 2 ** this.#failures++, retryMs.most);
    await new Promise<void>((resolve) => this.#after(delay, resolve));
  }

  /** Ends every subscription of the tenant. */
  fail(error: unknown): void {
    for (const shape of [...this.shapes.values()]) {
      for (const subscriber of [...shape.subscribers]) subscriber.fail(error);
    }
  }

  #setStalled(stalled: boolean): void {
    if (this.#stalled === stalled) return;
    this.#stalled = stalled;
    for (const shape of this.shapes.values()) this.#tellState(shape);
  }

  stateOf(shape: Shape): SubscriptionState {
    if (this.#stalled) return "stalled";
    for (const feed of shape.feeds) if (feed.state !== "live") return feed.state;
    return "live";
  }

  #tellState(shape: Shape): void {
    const state = this.stateOf(shape);
    for (const subscriber of [...shape.subscribers]) subscriber.stateChanged(state);
  }

  /** A watch is gone without firing: once it is set again, then the feed is read at intervals until one holds. */
  watchFailed(feed: Feed, refused: boolean): void {
    if (this.#closed || this.feeds.get(feed.id) !== feed) return;
    const failures = (this.#refusals.get(feed) ?? 0) + 1;
    this.#refusals.set(feed, failures);
    if (!refused && failures === 1) {
      this.poke(feed);
      return;
    }
    this.#setFeedState(feed, "polling");
    this.#after(pollMs, () => this.poke(feed));
  }

  /** Called after a tick for feeds that have set a watch again. */
  watchSet(feed: Feed): void {
    if (!this.#refusals.has(feed)) return;
    this.#after(pollMs, () => {
      if (!feed.watched || this.feeds.get(feed.id) !== feed) return;
      this.#refusals.delete(feed);
      this.#setFeedState(feed, "live");
    });
  }

  /** A feed has so much to read that those who show it are told before. */
  catchingUp(feed: Feed): void {
    if (feed.state === "live") this.#setFeedState(feed, "catching-up");
  }

  caughtUp(feed: Feed): void {
    if (feed.state === "catching-up") this.#setFeedState(feed, "live");
  }

  #setFeedState(feed: Feed, state: Feed["state"]): void {
    if (feed.state === state) return;
    feed.state = state;
    for (const shape of this.shapes.values()) if (shape.feeds.has(feed)) this.#tellState(shape);
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      atRoot(run);
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }

  /** The shape of these labels, shared with everybody who shows the same. */
  shape(labels: Shape["labels"], version: bigint): Shape {
    const key = Shape.keyOf(labels);
    let shape = this.shapes.get(key);
    if (shape === undefined) {
      shape = new Shape(this.tenant, key, labels, version);
      for (const { node } of labels) {
        node.refs++;
        node.shapes.add(shape);
      }
      this.shapes.set(key, shape);
      shape.link();
    }
    return shape;
  }

  /** Gives up a shape that nobody shows any more. */
  leaveShape(shape: Shape): void {
    if (shape.subscribers.size > 0 || this.shapes.get(shape.key) !== shape) return;
    this.shapes.delete(shape.key);
    shape.dispose();
    for (const { node } of shape.labels) {
      node.shapes.delete(shape);
      this.release(node);
    }
    if (this.idle) this.onIdle();
  }

  release(node: LiveNode): void {
    node.refs--;
    if (node.refs === 0) this.reap(node);
  }

  /** Removes a node without users. */
  reap(node: LiveNode): void {
    if (this.nodes.get(node.identity) === node) this.nodes.delete(node.identity);
    node.dispose();
  }

  removeFeed(feed: Feed): void {
    if (feed.nodeCount > 0) return;
    if (this.feeds.get(feed.id) === feed) this.feeds.delete(feed.id);
    this.#due.delete(feed);
    this.#refusals.delete(feed);
    feed.dispose();
  }

  close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const request of this.#requests) request.reject(error);
    this.#requests = [];
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const feed of this.feeds.values()) feed.dispose();
  }
}

/** Errors that the next attempt may not meet: those of transactions that gave up. */
function isTransient(error: unknown): boolean {
  return (
    typeof error === "object" && error !== null && "cause" in error && error.cause instanceof EngineError
  );
}
