/** Buffers the transitions that one reader has not taken yet, within a budget. */

import { SubscriptionOverflowError } from "../../errors.js";
import type { AnyTransition } from "../live/index.js";
import type { Views } from "../view/index.js";
import { type Backlog, noBacklog } from "./backlog.js";
import type { BufferRules } from "./delivery.js";
import { keepAlive, letGo } from "./keep-alive.js";
import { Net } from "./net.js";

/** A transition, and what was shown before it. */
interface Waiting {
  readonly transition: AnyTransition;
  readonly before: Views | undefined;
  readonly bytes: number;
  /** When it came (`performance.now()`). */
  readonly at: number;
}

/** The subscription behind a buffer. */
export interface BufferSource {
  /** What it shows now. */
  views(): Views;
  /** Its value now, as a transition that the next one follows. */
  present(reason: "overflow"): AnyTransition;
}

const bytesOfChange = 256;

/** Lists share their rows with the ones before and behind, so what waits costs what its changes do. */
function weigh(transition: AnyTransition): number {
  let bytes = bytesOfChange;
  if (transition.type === "change") {
    for (const changes of Object.values(transition.changes)) bytes += (changes?.length ?? 0) * bytesOfChange;
  }
  return bytes;
}

/**
 * A reader that stalls costs its budget: then its transitions become one net change (`conflate`), one snapshot
 * (`reset`), or its end (`close`).
 */
export class TransitionBuffer implements AsyncIterableIterator<AnyTransition, undefined> {
  #queue: Waiting[] = [];
  #bytes = 0;
  #net: Net | undefined;
  #reset = false;
  /** When the oldest of what the net change or the reset stands for came; infinite without either. */
  #lumpedAt = Number.POSITIVE_INFINITY;
  #waiting: {
    resolve: (r: IteratorResult<AnyTransition, undefined>) => void;
    reject: (e: unknown) => void;
  }[] = [];
  #ended = false;
  #error: unknown;
  /** Nobody reads yet, so nobody is slow: what waits is conflated, whatever the policy. */
  #unread = false;
  /** Nobody is expected to read: changes are kept as one. */
  #held = false;

  constructor(
    private readonly source: BufferSource,
    private readonly rules: BufferRules,
    private readonly onReturn: (buffer: TransitionBuffer) => void,
  ) {}

  /** What waits; nothing while nobody reads. */
  get backlog(): Backlog {
    const transitions = this.#queue.length + (this.#net === undefined ? 0 : 1) + (this.#reset ? 1 : 0);
    if (transitions === 0 || this.#unread) return noBacklog;
    const since = Math.min(this.#lumpedAt, this.#queue[0]?.at ?? Number.POSITIVE_INFINITY);
    return { transitions, bytes: this.#bytes, ageMs: performance.now() - since };
  }

  /** Keeps transitions for a reader that may come. */
  await(): this {
    this.#unread = true;
    return this;
  }

  /** Keeps no more than the difference to the beginning, until somebody reads. */
  hold(): void {
    if (!this.#unread) return;
    this.#held = true;
    this.collapse();
  }

  /** The reader is here. */
  release(): this {
    this.#unread = false;
    this.#held = false;
    return this;
  }

  /** @param before what the subscription showed before a change */
  push(transition: AnyTransition, before?: Views): void {
    if (this.#ended) return;
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) {
      letGo();
      waiting.resolve({ done: false, value: transition });
      return;
    }
    const { type } = transition;
    if (this.#reset) return;
    if (type === "snapshot") this.#clear();
    if (this.#net !== undefined && (type === "change" || type === "progress")) {
      this.#net.add(transition);
      return;
    }
    // Of several in a row only the newest says anything.
    if ((type === "progress" || type === "status") && this.#queue.at(-1)?.transition.type === type) {
      this.#bytes -= this.#queue.pop()!.bytes;
    }
    const bytes = weigh(transition);
    this.#queue.push({ transition, before, bytes, at: performance.now() });
    this.#bytes += bytes;
    if (this.#held) this.collapse();
    else if (this.#isOver()) this.#overflow();
  }

  /** One change that waits, however large, is what every reader has between two calls of `next`. */
  #isOver(): boolean {
    const { transitions, bytes } = this.rules;
    if (this.#queue.length > transitions) return true;
    if (this.#bytes <= bytes) return false;
    let changes = 0;
    for (const { transition } of this.#queue) if (transition.type === "change") changes++;
    return changes > 1;
  }

  #overflow(): void {
    if (this.#unread || this.rules.policy === "conflate") {
      this.collapse();
      return;
    }
    if (this.rules.policy === "close") {
      this.end(
        new SubscriptionOverflowError(
          `A reader fell behind by more than its budget (${this.rules.transitions} transitions, ${this.rules.bytes} bytes) ` +
            `and its policy is "close". Read faster, raise delivery.budget, or use delivery: "conflate".`,
        ),
      );
      this.onReturn(this);
      return;
    }
    const since = this.#queue[0]?.at ?? performance.now();
    this.#clear();
    this.#reset = true;
    this.#lumpedAt = since;
  }

  /** Turns all waiting changes into one, worked out when it is taken. */
  collapse(): void {
    const at = this.#queue.findIndex(({ transition }) => transition.type === "change");
    const first = this.#queue[at];
    if (first?.before === undefined || first.transition.type !== "change" || this.#net !== undefined) return;
    const net = new Net(first.before, first.transition.from);
    const rest: Waiting[] = [];
    this.#queue.forEach((waiting, i) => {
      const { transition } = waiting;
      const { type } = transition;
      if (i >= at && (type === "change" || type === "progress")) net.add(transition);
      else rest.push(waiting);
    });
    this.#queue = rest;
    this.#net = net;
    this.#lumpedAt = first.at;
    this.#bytes = this.#queue.length * bytesOfChange;
  }

  #clear(): void {
    this.#queue = [];
    this.#bytes = 0;
    this.#net = undefined;
    this.#lumpedAt = Number.POSITIVE_INFINITY;
  }

  /** Begins with changes that came before the reader. */
  seed(net: Net): void {
    this.#net = net;
    this.#lumpedAt = performance.now();
  }

  /** No more transitions: what waits is still read, then the end or the error. */
  end(error?: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach(({ resolve, reject }, i) => {
      letGo();
      if (i === 0 && error !== undefined) {
        this.#error = undefined;
        reject(error);
      } else resolve({ done: true, value: undefined });
    });
  }

  #take(): AnyTransition | undefined {
    const next = this.#queue.shift();
    if (next !== undefined) {
      this.#bytes -= next.bytes;
      return next.transition;
    }
    if (this.#net !== undefined) {
      const net = this.#net;
      this.#clear();
      const now = this.source.views();
      return net.transition(now) ?? net.progress(now);
    }
    if (!this.#reset) return undefined;
    this.#clear();
    this.#reset = false;
    return this.source.present("overflow");
  }

  async next(): Promise<IteratorResult<AnyTransition, undefined>> {
    const value = this.#take();
    if (value !== undefined) return { done: false, value };
    if (this.#error !== undefined) {
      const error = this.#error;
      this.#error = undefined;
      throw error;
    }
    if (this.#ended) return { done: true, value: undefined };
    keepAlive();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<AnyTransition, undefined>> {
    this.#clear();
    this.#reset = false;
    this.end();
    this.onReturn(this);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
