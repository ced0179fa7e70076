/** Hands the transitions of one subscription to its readers, and keeps the beginning for the first one. */

import type { AnyTransition, ProgressTransition, Version, VersionedTransition } from "../live/index.js";
import type { Views } from "../view/index.js";
import { type Backlog, noBacklog } from "./backlog.js";
import type { BufferRules } from "./delivery.js";
import { Net, type Reached } from "./net.js";
import { type BufferSource, TransitionBuffer } from "./transition-buffer.js";

/** What was shown before the first change that nobody has read. */
interface Held {
  readonly before: Views;
  readonly from: Version;
  last: Reached;
  commits: number;
}

/**
 * Until the first reader comes, the beginning is kept for it: all transitions, within the budget, or only where they
 * began when listeners are told of each anyway.
 */
export class Readers {
  /** The first transition, while nothing followed it; shared by all subscriptions that began alike. */
  #beginning: VersionedTransition | undefined;
  /** How far nothing followed it. */
  #reached: ProgressTransition | undefined;
  #first: TransitionBuffer | undefined;
  #held: Held | undefined;
  #listening = false;
  #buffers: TransitionBuffer[] | undefined;

  constructor(
    private readonly source: BufferSource,
    private readonly rules: BufferRules,
  ) {}

  /** What waits for all of them. */
  get backlog(): Backlog {
    let sum = noBacklog;
    for (const buffer of this.#buffers ?? []) {
      const { transitions, bytes, ageMs } = buffer.backlog;
      sum = {
        transitions: sum.transitions + transitions,
        bytes: sum.bytes + bytes,
        ageMs: Math.max(sum.ageMs, ageMs),
      };
    }
    return sum;
  }

  begin(transition: VersionedTransition): void {
    this.#beginning = transition;
  }

  /** Somebody listens: a later reader gets the rest as one change. */
  listen(): void {
    this.#listening = true;
    this.#first?.hold();
  }

  push(transition: AnyTransition, before: Views | undefined): void {
    if (this.#beginning !== undefined) {
      if (this.#listening) this.#hold(transition, before);
      else this.#first = this.#buffer(this.#beginning).await();
      if (!this.#listening) this.#beginning = undefined;
    }
    for (const buffer of this.#buffers ?? []) buffer.push(transition, before);
  }

  #hold(transition: AnyTransition, before: Views | undefined): void {
    if (transition.type === "snapshot") {
      this.#beginning = transition;
      this.#held = undefined;
      this.#reached = undefined;
    } else if (transition.type === "progress") {
      if (this.#held === undefined) this.#reached = transition;
      else this.#held.last = transition;
    } else if (transition.type === "change" && before !== undefined) {
      this.#held ??= { before, from: this.#beginning!.version, last: transition, commits: 0 };
      this.#held.last = transition;
      this.#held.commits += transition.commits;
    }
  }

  #buffer(first: AnyTransition | undefined): TransitionBuffer {
    const buffer = new TransitionBuffer(this.source, this.rules, (done) => this.#remove(done));
    this.#buffers ??= [];
    this.#buffers.push(buffer);
    if (first !== undefined) buffer.push(first);
    return buffer;
  }

  #remove(buffer: TransitionBuffer): void {
    const at = this.#buffers?.indexOf(buffer) ?? -1;
    if (at >= 0) this.#buffers!.splice(at, 1);
  }

  /** A new reader: the first one gets everything since the beginning, others begin with `snapshot`. */
  open(snapshot: () => AnyTransition | undefined): TransitionBuffer {
    const first = this.#first;
    if (first !== undefined) {
      this.#first = undefined;
      return first.release();
    }
    const beginning = this.#beginning;
    const held = this.#held;
    const reached = this.#reached;
    this.#beginning = undefined;
    this.#held = undefined;
    this.#reached = undefined;
    const buffer = this.#buffer(beginning ?? snapshot());
    if (held !== undefined) buffer.seed(new Net(held.before, held.from, held.commits, held.last));
    else if (reached !== undefined) buffer.push(reached);
    return buffer;
  }

  /** @returns whether a reader is there, which is told of the end */
  end(error: unknown): boolean {
    const buffers = this.#buffers ?? [];
    this.#buffers = undefined;
    for (const buffer of buffers) buffer.end(error);
    return buffers.some((buffer) => buffer !== this.#first);
  }
}
