/** A subscription from its first labels to its end: what it shows, how its labels change, and whom it tells. */

import { EngineClosedError } from "../../errors.js";
import type { Tenant } from "../../tenant/index.js";
import { checkOptions, checkSignal } from "../call/index.js";
import { MoveRequest, type Rewound, type TenantHub } from "../hub/index.js";
import type {
  AnySubscription,
  AnyTransition,
  ChangeTransition,
  Queries,
  SnapshotReason,
  StreamFormat,
  SubscriptionState,
  SyncCursor,
  TransitionStream,
  Transitions,
  Version,
  VersionedTransition,
} from "../live/index.js";
import { type AnyLive, partsOf } from "../live/index.js";
import type { Feed } from "../node/index.js";
import type { Rights } from "../queries/index.js";
import type { OpenedCursor, Shape, Subscriber } from "../shape/index.js";
import { progressTransition, snapshotTransition, type Views } from "../view/index.js";
import { guard } from "./authorize.js";
import type { Backlog } from "./backlog.js";
import type { BufferRules } from "./delivery.js";
import { Frozen } from "./frozen.js";
import { LabelMoves } from "./label-moves.js";
import { callListener, checkListener, type Listener, Listeners } from "./listeners.js";
import { Net } from "./net.js";
import { Readers } from "./readers.js";
import { missedSince } from "./resume.js";
import { checkEvent, closedError, reasonOf, unknownLabel } from "./subscription-errors.js";
import { transitionStream } from "./transition-stream.js";
import { type UntilOptions, type WaitHost, waitUntil } from "./wait-until.js";

/** Times that the past is worked out anew because its moment is too old to be read: then a snapshot is quicker. */
const mostRewinds = 4;

const noFeeds: ReadonlySet<Feed> = new Set();
const noViews: Views = { version: 0n, cursor: "" as SyncCursor, labels: new Map() };

/** Of any labels; `Sync.subscribe` gives it its types. */
export class LiveSubscription implements AnySubscription, Subscriber {
  #shape: Shape | undefined;
  /** Set while paused and after the end. */
  #frozen: Frozen | undefined;
  #paused = false;
  #closed = false;
  /** Why it has ended, unless it was closed. */
  #reason: unknown;
  /** Somebody has been told the reason. */
  #heard = false;
  /** Those who wait for a version, and are told of the end. */
  #waits = 0;
  #begun = false;
  /** What is told while that which was missed is worked out. */
  #meanwhile: AnyTransition[] | undefined;
  #state: SubscriptionState = "live";
  #listeners: Listeners | undefined;
  readonly #readers: Readers;
  /** Something was told since the last heartbeat. */
  #busy = false;
  #told: Version = 0n;
  /** Made by the first change of labels, which most subscriptions never see. */
  #moves: LabelMoves | undefined;

  constructor(
    private readonly hub: TenantHub,
    rules: BufferRules,
    private readonly onClose: (subscription: LiveSubscription) => void,
    private readonly rights?: Rights | undefined,
  ) {
    this.#readers = new Readers(this, rules);
  }

  // ---- what it shows -------------------------------------------------------------------------------------------

  get value(): never {
    return (this.#frozen?.value ?? this.#shape?.value ?? {}) as never;
  }

  get version(): Version {
    return this.#frozen?.views.version ?? this.#shape?.version ?? 0n;
  }

  get cursor(): SyncCursor {
    if (this.#frozen !== undefined) return this.#frozen.views.cursor;
    return this.#shape!.cursorAt(this.#shape!.version);
  }

  get state(): SubscriptionState | "closed" {
    if (this.#closed) return "closed";
    return this.#paused ? "paused" : this.#state;
  }

  get labels(): readonly string[] {
    return this.#shape?.names ?? [];
  }

  get closed(): boolean {
    return this.#closed;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get told(): Version {
    return this.#told;
  }

  views(): Views {
    return this.#frozen?.views ?? this.#shape?.views() ?? noViews;
  }

  get tenant(): Tenant {
    return this.hub.tenant;
  }

  get backlog(): Backlog {
    return this.#readers.backlog;
  }

  // ---- moving --------------------------------------------------------------------------------------------------

  /** Shows its first labels; after a cursor, it begins with what was missed since. */
  async begin(queries: Queries, cursor: OpenedCursor | undefined): Promise<void> {
    let rewinding: Promise<Rewound> | undefined;
    await this.#move(
      () => queries,
      (shape) => {
        this.#attach(shape);
        this.#told = shape.version;
        if (cursor === undefined) this.#readers.begin(this.snapshot("initial"));
        else rewinding = this.#rewind(cursor, shape);
      },
    );
    if (cursor !== undefined) await this.#beginSince(cursor, rewinding!);
    this.#begun = true;
  }

  /** What happens from now on is a part of what was missed. */
  #rewind(cursor: OpenedCursor, shape: Shape): Promise<Rewound> {
    this.#meanwhile = [];
    return this.hub.rewinds.rewind(cursor, shape);
  }

  /** What was missed until now; or a snapshot that says why that cannot be told. */
  async #beginSince(cursor: OpenedCursor, begun: Promise<Rewound>): Promise<void> {
    let rewound = await begun;
    for (let rounds = 1; "stale" in rewound && rounds < mostRewinds && !this.#closed; rounds++)
      rewound = await this.#rewind(cursor, this.#shape!);
    if (this.#closed) throw this.#reason ?? closedError();
    const meanwhile = this.#meanwhile!;
    this.#meanwhile = undefined;
    let first: VersionedTransition;
    if ("past" in rewound) first = missedSince(rewound, this.views(), meanwhile) ?? this.complete();
    else first = this.snapshot("reason" in rewound ? rewound.reason : "overflow");
    this.#readers.begin(first);
    this.#told = first.version;
    for (const transition of meanwhile) if (transition.type === "status") this.#pass(transition, undefined);
  }

  #move(queries: () => Queries, done: (shape: Shape, before: Views, commits: number) => void): Promise<void> {
    if (this.#closed) return Promise.reject(closedError(this.#reason));
    return new Promise((resolve, reject) => {
      const finish: MoveRequest["done"] = (shape, before, commits) => {
        done(shape, before, commits);
        resolve();
      };
      this.hub.request(new MoveRequest(this, queries, finish, reject));
    });
  }

  #attach(shape: Shape): void {
    const before = this.#shape;
    if (before === shape) return;
    shape.subscribers.add(this);
    this.#shape = shape;
    this.#state = this.hub.states.of(shape);
    if (before === undefined) return;
    before.subscribers.delete(this);
    this.hub.leaveShape(before);
  }

  #tellDifference(before: Views, commits: number): void {
    const now = this.views();
    // A list and a single value have no difference that could be applied.
    const others = [...now.labels].flatMap(([label, { view }]) => {
      const old = before.labels.get(label)?.view;
      return old !== undefined && old.single !== view.single ? [label] : [];
    });
    if (others.length > 0) {
      this.deliver(this.snapshot("params-changed", others), undefined);
      return;
    }
    const transition = new Net(before, this.#told, commits).transition(now);
    if (transition !== undefined) this.deliver(transition, before);
  }

  /**
   * The value as of the last transition: nothing was visible since, and the next transition follows that one.
   */
  present(reason: "overflow" | "initial"): AnyTransition {
    const { version, cursor } = this.#frozen?.views ?? { version: this.#told, cursor: undefined };
    const text = () => cursor ?? this.#shape!.cursorAt(version);
    return snapshotTransition(reason, version, text, this.value, this.labels);
  }

  snapshot(reason: SnapshotReason, labels?: readonly string[]): VersionedTransition {
    return this.#frozen?.snapshot(reason, labels ?? this.labels) ?? this.#shape!.snapshot(reason, labels);
  }

  #guarded(label: string, live: AnyLive): AnyLive {
    const { rights } = this;
    return rights === undefined ? live : guard(rights, label, live);
  }

  /** Moves to other labels and tells the difference, unless the subscription is paused. */
  #changeLabels(step: (shown: Queries) => Queries, names: readonly string[]): Promise<void> {
    this.#moves ??= new LabelMoves((queries, names) =>
      this.#move(
        () => queries(this.#shape!.queries),
        (shape, before, commits) => {
          this.#attach(shape);
          if (this.#paused) return;
          if (names.size > 0) this.deliver(this.snapshot("params-changed", [...names]), undefined);
          else this.#tellDifference(before, commits);
        },
      ),
    );
    return this.#moves.add(step, names);
  }

  async set(label: string, live: never): Promise<void> {
    partsOf(live);
    if (!this.labels.includes(label)) throw unknownLabel(label, this.labels);
    const shown = this.#guarded(label, live);
    await this.#changeLabels((queries) => ({ ...queries, [label]: shown }), []);
  }

  async add(queries: Queries): Promise<never> {
    for (const live of Object.values(queries)) partsOf(live);
    const added = Object.entries(queries).map(
      ([label, live]) => [label, this.#guarded(label, live)] as const,
    );
    await this.#changeLabels((shown) => ({ ...shown, ...Object.fromEntries(added) }), Object.keys(queries));
    return this as never;
  }

  async drop(...labels: string[]): Promise<never> {
    if (labels.length === 0) return this as never;
    for (const label of labels) if (!this.labels.includes(label)) throw unknownLabel(label, this.labels);
    const kept = ([name]: readonly [string, unknown]) => !labels.includes(name);
    await this.#changeLabels((queries) => Object.fromEntries(Object.entries(queries).filter(kept)), labels);
    return this as never;
  }

  async until(version: Version, options: UntilOptions = {}): Promise<void> {
    if (typeof version !== "bigint") {
      throw new TypeError(
        'until(version) takes the version of a transaction: (await repo.transactional(…, { returning: "version" })).version.',
      );
    }
    checkOptions("until", options, ["signal", "timeoutMs"]);
    checkSignal("until", options.signal);
    options.signal?.throwIfAborted();
    if (this.#closed) throw this.#reason ?? closedError();
    const host: WaitHost = {
      reached: (ended) => this.hub.reached(this, version, ended),
      onClose: (closed, ended) => this.on("close", closed, { signal: ended }),
      closedError: () => this.#reason ?? closedError(),
    };
    this.#waits++;
    try {
      await waitUntil(host, options);
    } finally {
      this.#waits--;
    }
  }

  reached(version: Version): boolean {
    return !this.#paused && this.version >= version;
  }

  get feeds(): ReadonlySet<Feed> {
    return this.#shape?.feeds ?? noFeeds;
  }

  pause(): void {
    if (this.#closed || this.#paused) return;
    this.#frozen = new Frozen(this.views(), this.value);
    this.#paused = true;
    this.#deliverState();
  }

  async resume(): Promise<void> {
    if (this.#closed) throw closedError(this.#reason);
    if (!this.#paused) return;
    const before = this.views();
    this.#paused = false;
    // The value moves with the transition that tells it, not before.
    this.#deliverState();
    if (this.#closed) return;
    this.#frozen = undefined;
    const now = this.views();
    const others = [
      ...[...now.labels.keys()].filter((label) => !before.labels.has(label)),
      ...[...before.labels.keys()].filter((label) => !now.labels.has(label)),
    ];
    if (others.length > 0) this.deliver(this.snapshot("params-changed", others), undefined);
    else this.#tellDifference(before, 0);
    this.hub.wake();
  }

  // ---- being told ----------------------------------------------------------------------------------------------

  deliver(transition: AnyTransition, before: Views | undefined): void {
    if (this.#closed) return;
    if (transition.type !== "status") this.#told = transition.version;
    if (this.#meanwhile === undefined) this.#pass(transition, before);
    else this.#meanwhile.push(transition);
  }

  #pass(transition: AnyTransition, before: Views | undefined): void {
    this.#busy = true;
    this.#readers.push(transition, before);
    const listeners = this.#listeners;
    if (listeners === undefined) return;
    if (transition.type === "change") this.#emitChange(listeners, transition);
    else if (transition.type === "status") listeners.emit("status", transition);
    listeners.emit("transition", transition);
  }

  #emitChange(listeners: Listeners, transition: ChangeTransition<Queries>): void {
    for (const [label, changes] of Object.entries(transition.changes)) {
      listeners.emit(`change:${label}`, changes, transition);
    }
    listeners.emit("change", transition);
  }

  /** How far it is complete. */
  complete(): VersionedTransition {
    return progressTransition(this.version, this.#shape!.cursorFor(this.version));
  }

  /** A quiet subscription is told how far it is complete. */
  progress(): void {
    if (!this.#busy && !this.#paused && !this.#closed && this.#shape !== undefined) {
      this.deliver(this.complete(), undefined);
    }
    this.#busy = false;
  }

  stateChanged(state: SubscriptionState): void {
    if (this.#state === state) return;
    this.#state = state;
    if (!this.#paused) this.#deliverState();
  }

  #deliverState(): void {
    this.deliver(Object.freeze({ type: "status", state: this.state as SubscriptionState }), undefined);
  }

  on(event: string, listener: Listener, options: { signal?: AbortSignal } = {}): this {
    checkEvent(event, this.labels);
    checkOptions("on", options, ["signal"]);
    checkSignal("on", options.signal);
    if (this.#closed) {
      this.#tellEnd(event, listener, options.signal);
      return this;
    }
    this.#listeners ??= new Listeners(this.#listenerFailed);
    this.#listeners.add(event, listener, options.signal);
    // Who listens needs no history: a later reader gets it as one change.
    if (event === "transition" || event.startsWith("change")) this.#readers.listen();
    return this;
  }

  /** Whoever comes after the end is told of it at once. */
  #tellEnd(event: string, listener: Listener, signal: AbortSignal | undefined): void {
    checkListener(event, listener);
    const failed = event === "error" && this.#reason !== undefined;
    if (failed) this.#heard = true;
    if (!failed && event !== "close") return;
    const args = failed ? [this.#reason] : [];
    queueMicrotask(() => {
      if (signal?.aborted !== true) callListener(listener, args, this.#listenerFailed);
    });
  }

  readonly #listenerFailed = (error: unknown): void => {
    if (this.#closed) this.hub.report(error, "A listener of a subscription that has ended has thrown.");
    else this.fail(error);
  };

  [Symbol.asyncIterator](): Transitions<never> {
    const reader = this.#readers.open(() => (this.#closed ? undefined : this.present("initial")));
    if (this.#closed) {
      this.#heard = true;
      reader.end(this.#reason);
    }
    return reader as Transitions<never>;
  }

  stream(options: { format?: StreamFormat } = {}): TransitionStream<never> {
    checkOptions("stream", options, ["format"]);
    return transitionStream(
      () => this[Symbol.asyncIterator](),
      options.format ?? "objects",
    ) as TransitionStream<never>;
  }

  // ---- the end -------------------------------------------------------------------------------------------------

  fail(error: unknown): void {
    if (this.#closed) return;
    this.#end(reasonOf(error));
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#end(undefined);
  }

  #end(reason: unknown): void {
    const shape = this.#shape;
    if (shape !== undefined) this.#frozen ??= new Frozen(this.views(), this.value);
    this.#closed = true;
    this.#paused = false;
    this.#reason = reason;
    if (shape !== undefined) {
      shape.subscribers.delete(this);
      this.hub.leaveShape(shape);
    }
    const read = this.#readers.end(reason);
    this.onClose(this);
    const listeners = this.#listeners;
    if (reason !== undefined) {
      this.#heard ||= read || this.#waits > 0 || listeners?.has("error") === true;
      this.#reportUnheard(reason);
      listeners?.emit("error", reason);
    }
    listeners?.emit("close");
    listeners?.clear();
  }

  /** Of one that has not begun, whoever subscribes is told. */
  #reportUnheard(reason: unknown): void {
    // Who closes the Repo knows that its subscriptions end.
    if (!this.#begun || this.#heard || reason instanceof EngineClosedError) return;
    setImmediate(() => {
      if (this.#heard) return;
      const labels = this.labels.join(", ");
      this.hub.report(
        reason,
        `A subscription (${labels}) of tenant ${JSON.stringify(this.tenant.id)} has ended with an error, and nobody ` +
          'listened: page.on("error", …), or read it to its end.',
      );
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
