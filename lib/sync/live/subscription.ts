/** The public interface of a subscription: its value, its transitions, and how its labels are changed. */

import type { Change } from "./change.js";
import type { AnyLive, ChangeOf, Values } from "./live.js";
import type {
  ChangeTransition,
  Queries,
  StatusTransition,
  SubscriptionState,
  SyncCursor,
  Transition,
  Version,
} from "./transition.js";

/** What `on` can be told of, and with what. */
export type Events<Q> = {
  /** Every transition, in order. */
  transition: (transition: Transition<Q>) => void;
  /** Every change of any label. */
  change: (transition: ChangeTransition<Q>) => void;
  /** The subscription goes on differently: its state is another one. */
  status: (transition: StatusTransition) => void;
  /** The subscription ended because of this. */
  error: (error: unknown) => void;
  /** The subscription has ended, for whatever reason. */
  close: () => void;
} & {
  /** The changes of one label. */
  [L in keyof Q & string as `change:${L}`]: (
    changes: readonly Change<ChangeOf<Q[L]>>[],
    transition: ChangeTransition<Q>,
  ) => void;
};

/** What `stream` gives: transitions as objects, or encoded as server-sent events or lines of JSON. */
export type StreamFormat = "objects" | "sse" | "ndjson";

/** A web stream that can be looped over, whatever the program's own types of web streams say. */
export type TransitionStream<T> = ReadableStream<T> & AsyncIterable<T>;

/** What a loop over a subscription steps through; spelled out, as its names have fewer parameters before TypeScript 5.6. */
export interface Transitions<T> extends AsyncIterator<T, undefined> {
  [Symbol.asyncIterator](): Transitions<T>;
}

/** Labelled live queries that move together: at every moment all labels show the same version of the tenant. */
export interface Subscription<Q> {
  /** The newest value of every label, all at one version. Frozen; a row that did not change keeps its identity. */
  readonly value: Values<Q>;
  /** All commits up to this version are in `value`, and none after it. */
  readonly version: Version;
  /** Where a later `subscribe(…, { resume })` goes on from, in this process or another. */
  readonly cursor: SyncCursor;
  /** How it goes on: `"live"` when it is told of commits as they happen. */
  readonly state: SubscriptionState | "closed";
  /** The labels that it shows, in their order. */
  readonly labels: readonly (keyof Q & string)[];

  /** Reads transitions from here on, beginning with what is known; each reader has a buffer of its own (`delivery`). */
  [Symbol.asyncIterator](): Transitions<Transition<Q>>;
  /**
   * Calls `listener` for each event, when all labels have moved; a listener never sees an old value. Gives the
   * subscription.
   *
   * @example page.on("change:reviews", (changes) => render(changes)).on("error", (error) => console.error(error));
   * @throws UnknownEventError, also for a label that is not shown; InvalidOptionsError for what is no function or signal
   */
  on<E extends keyof Events<Q>>(event: E, listener: Events<Q>[E], options?: { signal?: AbortSignal }): this;
  /**
   * A web stream of transitions; `"sse"` and `"ndjson"` are encoded as text (UTF-8). Reading it is what asks for more.
   * Default `"objects"`.
   *
   * @example new Response(page.stream({ format: "sse" }), { headers: { "content-type": "text/event-stream" } });
   * @throws InvalidOptionsError for another format
   */
  stream(options?: { format?: "objects" }): TransitionStream<Transition<Q>>;
  stream(options: { format: "sse" | "ndjson" }): TransitionStream<Uint8Array>;

  /**
   * Shows another query under a label; readers are told the difference between the two results. Resolves when `value` has
   * moved.
   *
   * @example await page.set("product", sync.one(Product, "p2"));
   * @throws InvalidOptionsError for a label that is not shown, TypeError for what is no live query,
   *   SubscriptionClosedError, and as `sync.subscribe`
   */
  set<L extends keyof Q & string>(label: L, live: Q[L]): Promise<void>;
  /**
   * Shows more labels, at the version of the others; readers are told by a snapshot whose `labels` are these. Resolves to
   * this subscription, typed with them.
   *
   * @example const wider = await page.add({ orders: sync.count(Order) });
   * @throws TypeError for what is no live query, SubscriptionClosedError, and as `sync.subscribe`
   */
  add<N extends Queries>(queries: N): Promise<Subscription<Omit<Q, keyof N> & N>>;
  /**
   * Stops showing labels; readers are told by a snapshot that no longer has them, whose `labels` are these. Resolves to
   * this subscription, typed without them.
   *
   * @example const narrower = await page.drop("reviews");
   * @throws InvalidOptionsError for a label that is not shown, SubscriptionClosedError
   */
  drop<L extends keyof Q & string>(...labels: L[]): Promise<Subscription<Omit<Q, L>>>;
  /**
   * Resolves when `value` holds every commit up to `version`: read your own writes. Waits without a limit, unless
   * `timeoutMs` (milliseconds) or `signal` ends it; a paused subscription holds its value, so the wait goes on until
   * `resume`.
   *
   * @example
   * const { version } = await repo.transactional(tenant, (tx) => tx.insert(Review, { productId: "p1", score: 5 }), { returning: "version" });
   * await page.until(version, { timeoutMs: 5_000 });
   * @throws TypeError for what is no bigint, a DOMException `TimeoutError`, the reason of the signal,
   *   SubscriptionClosedError or what ended the subscription
   */
  until(version: Version, options?: { signal?: AbortSignal; timeoutMs?: number }): Promise<void>;
  /**
   * Holds `value` where it is, without being told anything. A second call does nothing.
   *
   * @example page.pause();
   */
  pause(): void;
  /**
   * Goes on, with one transition that holds the difference.
   *
   * @example await page.resume();
   * @throws SubscriptionClosedError
   */
  resume(): Promise<void>;
  /**
   * Ends the subscription; readers end, watches that nobody else needs are released. Idempotent; `await using` calls it.
   *
   * @example await page.close();
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type AnySubscription = Subscription<Record<string, AnyLive>>;
