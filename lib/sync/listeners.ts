type Listener = (...args: never[]) => void;

/** Functions by event name; a function is held once however often it is added. */
export class Listeners {
  #byEvent: Map<string, Set<Listener>> | undefined;

  /** Lets go of the signals that listeners came with. */
  #ended: AbortController | undefined;

  get size(): number {
    let size = 0;
    for (const set of this.#byEvent?.values() ?? []) size += set.size;
    return size;
  }

  has(event: string): boolean {
    return this.#byEvent?.has(event) ?? false;
  }

  add(event: string, listener: Listener, signal: AbortSignal | undefined): void {
    if (typeof listener !== "function") throw new TypeError(`The listener of "${event}" is no function.`);
    if (signal?.aborted) return;
    this.#byEvent ??= new Map();
    const set = this.#byEvent.get(event);
    if (set === undefined) this.#byEvent.set(event, new Set([listener]));
    else set.add(listener);
    if (signal === undefined) return;
    this.#ended ??= new AbortController();
    const options = { once: true, signal: this.#ended.signal };
    signal.addEventListener("abort", () => this.remove(event, listener), options);
  }

  remove(event: string, listener: Listener): void {
    const set = this.#byEvent?.get(event);
    set?.delete(listener);
    if (set?.size === 0) this.#byEvent?.delete(event);
  }

  /** A listener that throws ends nothing but itself: its error becomes an uncaught exception of the process. */
  emit(event: string, ...args: unknown[]): void {
    const set = this.#byEvent?.get(event);
    if (set === undefined) return;
    for (const listener of [...set]) {
      try {
        (listener as (...args: unknown[]) => void)(...args);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  clear(): void {
    this.#byEvent = undefined;
    this.#ended?.abort();
  }
}
