/** Keeps the listeners of a subscription by event, and calls them. */

type Listener = (...args: never[]) => void;

interface Entry {
  readonly event: string;
  readonly listener: Listener;
  /** Lets go of the signal that it came with. */
  readonly release: (() => void) | undefined;
}

/** A function is held once for an event, however often it is added. */
export class Listeners {
  #entries: readonly Entry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  add(event: string, listener: Listener, signal: AbortSignal | undefined): void {
    if (typeof listener !== "function") throw new TypeError(`The listener of "${event}" is no function.`);
    if (signal?.aborted) return;
    if (this.#entries.some((entry) => entry.event === event && entry.listener === listener)) return;
    const remove = () => this.remove(event, listener);
    signal?.addEventListener("abort", remove, { once: true });
    const release = signal === undefined ? undefined : () => signal.removeEventListener("abort", remove);
    this.#entries = [...this.#entries, { event, listener, release }];
  }

  remove(event: string, listener: Listener): void {
    this.#entries = this.#entries.filter((entry) => {
      if (entry.event !== event || entry.listener !== listener) return true;
      entry.release?.();
      return false;
    });
  }

  /** A listener that throws ends nothing but itself: its error becomes an uncaught exception of the process. */
  emit(event: string, ...args: unknown[]): void {
    for (const entry of this.#entries) {
      if (entry.event !== event) continue;
      try {
        (entry.listener as (...args: unknown[]) => void)(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    for (const entry of this.#entries) entry.release?.();
    this.#entries = [];
  }
}
