/** Keeps the listeners of a subscription by event, and calls them. */

import { InvalidOptionsError } from "../../errors.js";
import { onAbort } from "../call/index.js";

export type Listener = (...args: never[]) => unknown;

interface Entry {
  readonly event: string;
  readonly listener: Listener;
  /** Lets go of the signal that it came with. */
  release: () => void;
}

/** A function is held once for an event, however often it is added. */
export class Listeners {
  #entries: readonly Entry[] = [];

  /** @param thrown hears what a listener has thrown, or a promise of it was rejected with, when the others are done */
  constructor(private readonly thrown: (error: unknown) => void) {}

  get size(): number {
    return this.#entries.length;
  }

  has(event: string): boolean {
    return this.#entries.some((entry) => entry.event === event);
  }

  /** @throws InvalidOptionsError for what is no function */
  add(event: string, listener: Listener, signal: AbortSignal | undefined): void {
    checkListener(event, listener);
    if (signal?.aborted) return;
    if (this.#entries.some((entry) => entry.event === event && entry.listener === listener)) return;
    const entry: Entry = { event, listener, release: () => undefined };
    if (signal !== undefined) entry.release = onAbort(signal, () => this.remove(event, listener));
    this.#entries = [...this.#entries, entry];
  }

  remove(event: string, listener: Listener): void {
    this.#entries = this.#entries.filter((entry) => {
      if (entry.event !== event || entry.listener !== listener) return true;
      entry.release();
      return false;
    });
  }

  /** A listener that throws keeps nobody else from being told. */
  emit(event: string, ...args: unknown[]): void {
    for (const entry of this.#entries)
      if (entry.event === event) callListener(entry.listener, args, this.thrown);
  }

  clear(): void {
    for (const entry of this.#entries) entry.release();
    this.#entries = [];
  }
}

/** @throws InvalidOptionsError for what is no function */
export function checkListener(event: string, listener: unknown): void {
  if (typeof listener === "function") return;
  throw new InvalidOptionsError(`The listener of "${event}" is no function: on("${event}", (…) => { … }).`);
}

/** @param thrown called in a later turn, so that whoever is told at the moment is told to the end */
export function callListener(
  listener: Listener,
  args: readonly unknown[],
  thrown: (error: unknown) => void,
): void {
  try {
    const answer = (listener as (...args: unknown[]) => unknown)(...args);
    // Of a listener that is async nobody else hears.
    if (typeof (answer as PromiseLike<unknown> | null | undefined)?.then === "function")
      Promise.resolve(answer).catch(thrown);
  } catch (error) {
    queueMicrotask(() => thrown(error));
  }
}
