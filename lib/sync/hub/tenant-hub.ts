/** The hub of one tenant: keeps its live queries in this process, and runs the ticks that move them. */

import { atRoot } from "../../repo/index.js";
import type { Tenant } from "../../tenant/index.js";
import type { CursorKeys } from "../cursor/index.js";
import { LayerReader } from "../log/index.js";
import type { Feed, LiveNode } from "../node/index.js";
import { type Shape, Shapes, type Subscriber } from "../shape/index.js";
import { applyTick } from "./apply-tick.js";
import { DueFeeds } from "./due-feeds.js";
import { isTerminal } from "./faults.js";
import { HubStates } from "./hub-states.js";
import type { Latencies } from "./latencies.js";
import type { MoveRequest } from "./move-request.js";
import { Rewinds } from "./rewinds.js";
import { TenantWatch } from "./tenant-watch.js";
import { Tick } from "./tick.js";
import type { HubStats, RunTransaction, TickHub } from "./tick-hub.js";
import { VersionWaiters } from "./version-waiters.js";

export type Report = (error: unknown, message: string) => void;

const retryMs = { first: 50, most: 5_000 };

/** Live queries stand on shared feeds and move in ticks, one after another. */
export class TenantHub implements TickHub {
  readonly nodes = new Map<string, LiveNode>();
  readonly feeds = new Map<string, Feed>();
  readonly shapes: Shapes;
  readonly stats: HubStats = { ticks: 0, transitions: 0 };
  readonly states: HubStates;
  readonly tenantWatch: TenantWatch;
  readonly rewinds: Rewinds;
  readonly #due = new DueFeeds();
  #requests: MoveRequest[] = [];
  readonly #waiters = new VersionWaiters();
  #running = false;
  /** A tick is wanted for its version alone. */
  #looking = false;
  #closed = false;
  #failures = 0;
  #timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    readonly tenant: Tenant,
    private readonly run: RunTransaction,
    private readonly latencies: Latencies,
    private readonly onIdle: () => void,
    /** Tells of an error that nobody else is told of. */
    readonly report: Report,
    keys: CursorKeys,
  ) {
    this.shapes = new Shapes(tenant, keys);
    this.rewinds = new Rewinds(this, run);
    this.states = new HubStates({
      shapes: this.shapes,
      has: (feed) => !this.#closed && this.feeds.get(feed.id) === feed,
      poke: (feed) => this.poke(feed),
      after: (ms, run) => this.#after(ms, run),
    });
    this.tenantWatch = new TenantWatch(tenant, {
      pokeAll: () => this.pokeAll(this.feeds.values()),
      after: (ms, run) => this.#after(ms, run),
    });
  }

  get idle(): boolean {
    return this.shapes.size === 0 && this.#requests.length === 0 && !this.#running;
  }

  get watchCount(): number {
    let count = this.tenantWatch.watchCount;
    for (const feed of this.feeds.values()) count += feed.watchCount;
    return count;
  }

  poke(feed: Feed, firedAt?: number): void {
    if (this.#closed) return;
    this.#due.add(feed, firedAt);
    this.#schedule();
  }

  /** Milliseconds for which changes of the feed may be missing in the views; 0 while it is watched and quiet. */
  lagMs(feed: Feed): number {
    const firedAt = this.#due.since(feed);
    if (firedAt !== undefined) return performance.now() - firedAt;
    return feed.watched ? 0 : Date.now() - feed.settledAt;
  }

  pokeAll(feeds: Iterable<Feed>): void {
    for (const feed of feeds) this.#due.add(feed);
    // What has no feeds learns the version from any tick.
    this.#looking ||= this.shapes.still.size > 0;
    this.#schedule();
  }

  request(request: MoveRequest): void {
    this.#requests.push(request);
    this.#schedule();
  }

  /** Resolves when the subscription holds `version`; reads at once, because a commit is older than its watch. */
  reached(subscriber: Subscriber, version: bigint, signal: AbortSignal): Promise<void> {
    if (subscriber.reached(version)) return Promise.resolve();
    const reached = this.#waiters.add(subscriber, version, signal);
    this.pokeAll(subscriber.feeds);
    return reached;
  }

  /** Looks again who waits for what is there by now. */
  wake(): void {
    this.#waiters.wake();
  }

  #schedule(): void {
    if (this.#running || this.#closed) return;
    this.#running = true;
    queueMicrotask(() => void atRoot(() => this.#loop()));
  }

  async #loop(): Promise<void> {
    while (!this.#closed && (this.#due.size > 0 || this.#requests.length > 0 || this.#looking)) {
      this.#looking = false;
      const requests = this.#takeRequests();
      const due = this.#due.take();
      try {
        await this.#step(due, requests);
        this.#failures = 0;
        this.states.stalled = false;
      } catch (error) {
        await this.#failed(error, requests);
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
        for (const request of requests) request.finish(tick);
        tick.arm();
      });
    } catch (error) {
      attempt?.abandon();
      throw error;
    }
    this.#apply(attempt!, requests);
    this.#waiters.wake();
  }

  #apply(tick: Tick, requests: readonly MoveRequest[]): void {
    const { firedAt } = this.#due;
    const { transitions } = this.stats;
    this.#due.read();
    this.stats.ticks++;
    applyTick(this, tick, requests);
    if (firedAt === undefined || this.stats.transitions === transitions) return;
    this.latencies.add(performance.now() - firedAt);
  }

  async #failed(error: unknown, requests: readonly MoveRequest[]): Promise<void> {
    for (const request of requests) request.reject(error);
    if (this.#closed) return;
    if (isTerminal(error)) {
      this.#due.read();
      this.fail(error);
      return;
    }
    this.#due.failed();
    this.states.stalled = true;
    const delay = Math.min(retryMs.first * 2 ** this.#failures++, retryMs.most);
    await new Promise<void>((resolve) => this.#after(delay, resolve));
  }

  /** Ends every subscription of the tenant. */
  fail(error: unknown): void {
    for (const shape of [...this.shapes]) {
      for (const subscriber of [...shape.subscribers]) subscriber.fail(error);
    }
  }

  #after(ms: number, run: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      atRoot(run);
    }, ms);
    timer.unref();
    this.#timers.add(timer);
  }

  /** Gives up a shape that nobody shows any more. */
  leaveShape(shape: Shape): void {
    if (!this.shapes.remove(shape)) return;
    for (const { node } of shape.labels) this.release(node);
    if (this.idle) this.onIdle();
  }

  release(node: LiveNode): void {
    node.refs--;
    if (node.refs === 0) this.reap(node);
  }

  reap(node: LiveNode): void {
    if (this.nodes.get(node.identity) === node) this.nodes.delete(node.identity);
    node.dispose();
  }

  removeFeed(feed: Feed): void {
    if (feed.nodeCount > 0 || feed.held) return;
    if (this.feeds.get(feed.id) === feed) this.feeds.delete(feed.id);
    this.#due.delete(feed);
    this.states.forget(feed);
    this.tenantWatch.forget(feed);
    feed.dispose();
  }

  close(error: unknown): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const request of this.#requests) request.reject(error);
    this.#requests = [];
    for (const timer of this.#timers) clearTimeout(timer);
    for (const feed of this.feeds.values()) feed.dispose();
    this.tenantWatch.dispose();
  }
}
