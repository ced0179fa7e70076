/** A subscription from its first labels to its end: what it shows, how its labels change, and whom it tells. */

import type { Tenant } from "../../tenant/index.js";
import { type InsideTick, MoveRequest, type TenantHub } from "../hub/index.js";
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
import type { Shape, Subscriber } from "../shape/index.js";
import { progressTransition, snapshotTransition, type Views } from "../view/index.js";
import { type Authorize, guard } from "./authorize.js";
import type { Backlog } from "./backlog.js";
import type { BufferRules } from "./delivery.js";
import { Frozen } from "./frozen.js";
import { LabelMoves } from "./label-moves.js";
import { Listeners } from "./listeners.js";
import { Net } from "./net.js";
import { Readers } from "./readers.js";
import { closedError, unknownLabel } from "./subscription-errors.js";
import { transitionStream } from "./transition-stream.js";
import { type UntilOptions, type WaitHost, waitUntil } from "./wait-until.js";

const noViews: Views = { version: 0n, cursor: "" as SyncCursor, labels: new Map() };

/** Of any labels; `Sync.subscribe` gives it its types. */
export class LiveSubscription implements AnySubscription, Subscriber {
  #shape: Shape | undefined;
  /** Set while paused and after the end. */
  #frozen: Frozen | undefined;
  #paused = false;
  #closed = false;
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
    private readonly authorize?: Authorize | undefined,
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

  /** Shows its first labels. */
  begin(queries: Queries, inside: InsideTick | undefined, first: () => VersionedTransition): Promise<void> {
    return this.#move(
      () => queries,
      inside,
      (shape) => {
        this.#attach(shape);
        this.#readers.begin(first());
        this.#told = shape.version;
      },
    );
  }

  #move(
    queries: () => Queries,
    inside: InsideTick | undefined,
    done: (shape: Shape, before: Views, commits: number) => void,
  ): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise((resolve, reject) => {
      const finish: MoveRequest["done"] = (shape, before, commits) => {
        done(shape, before, commits);
        resolve();
      };
      this.hub.request(new MoveRequest(this, queries, inside, finish, reject));
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
    const transition = new Net(before, this.#told, commits).transition(this.views());
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
    const { authorize } = this;
    return authorize === undefined ? live : guard(authorize, label, live);
  }

  /** Moves to other labels and tells the difference, unless the subscription is paused. */
  #changeLabels(step: (shown: Queries) => Queries, names: readonly string[]): Promise<void> {
    this.#moves ??= new LabelMoves((queries, names) =>
      this.#move(
        () => queries(this.#shape!.queries),
        undefined,
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
    options.signal?.throwIfAborted();
    if (this.#closed) throw closedError();
    const host: WaitHost = {
      reached: (ended) => this.hub.reached(() => this.#shape!, version, ended),
      onClose: (closed, ended) => this.on("close", closed, { signal: ended }),
      closedError,
    };
    await waitUntil(host, options);
  }

  pause(): void {
    if (this.#closed || this.#paused) return;
    this.#frozen = new Frozen(this.views(), this.value);
    this.#paused = true;
    this.#deliverState();
  }

  async resume(): Promise<void> {
    if (this.#closed) throw closedError();
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
  }

  // ---- being told ----------------------------------------------------------------------------------------------

  deliver(transition: AnyTransition, before: Views | undefined): void {
    if (this.#closed) return;
    this.#busy = true;
    if (transition.type !== "status") this.#told = transition.version;
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

  on(event: string, listener: (...args: never[]) => void, options: { signal?: AbortSignal } = {}): this {
    if (this.#closed) return this;
    this.#listeners ??= new Listeners();
    this.#listeners.add(event, listener, options.signal);
    // Who listens needs no history: a later reader gets it as one change.
    if (event === "transition" || event.startsWith("change")) this.#readers.listen();
    return this;
  }

  [Symbol.asyncIterator](): Transitions<never> {
    const reader = this.#readers.open(() => (this.#closed ? undefined : this.present("initial")));
    if (this.#closed) reader.end();
    return reader as Transitions<never>;
  }

  stream(options: { format?: StreamFormat } = {}): TransitionStream<never> {
    return transitionStream(
      this[Symbol.asyncIterator](),
      options.format ?? "objects",
    ) as TransitionStream<never>;
  }

  // ---- the end -------------------------------------------------------------------------------------------------

  fail(error: unknown): void {
    if (this.#closed) return;
    this.#end(error);
  }

  async close(): Promise<void> {
    if (!this.#closed) this.#end(undefined);
  }

  #end(error: unknown): void {
    const shape = this.#shape;
    if (shape !== undefined) this.#frozen ??= new Frozen(this.views(), this.value);
    this.#closed = true;
    this.#paused = false;
    if (shape !== undefined) {
      shape.subscribers.delete(this);
      this.hub.leaveShape(shape);
    }
    this.#readers.end(error);
    this.onClose(this);
    if (error !== undefined) this.#listeners?.emit("error", error);
    this.#listeners?.emit("close");
    this.#listeners?.clear();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
