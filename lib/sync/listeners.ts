type Listener = (...args: never[]) => void;

interface Entry {
  readonly event: string;
  readonly listener: Listener;
}

/** Functions by event name; a function is held once for an event, however often it is added. */
export class Listeners {
  #entries: readonly Entry[] = [];
  /** Lets go of the signals that listeners came with. */
  #ended: AbortController | undefined;

  get size(): number {
    return this.#entries.length;
  }

  add(event: string, listener: Listener, signal: AbortSignal | undefined): void {
    if (typeof listener !== "function") throw new TypeError(`The listener of "${event}" is no function.`);
    if (signal?.aborted) return;
    if (this.#entries.some((entry) => entry.event === event && entry.listener === listener)) return;
    this.#entries = [...this.#entries, { event, listener }];
    if (signal === undefined) return;
    this.#ended ??= new AbortController();
    const options = { once: true, signal: this.#ended.signal };
    signal.addEventListener("abort", () => this.remove(event, listener), options);
  }

  remove(event: string, listener: Listener): void {
    this.#entries = this.#entries.filter((entry) => entry.event !== event || entry.listener !== listener);
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
    this.#entries = [];
    this.#ended?.abort();
  }
}
