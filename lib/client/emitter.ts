/** Calls listeners, none of which can stop another one. */

type Listener = (...args: never[]) => void;

export class Emitter {
  readonly #listeners = new Set<readonly [event: string, listener: Listener]>();

  on(event: string, listener: Listener): () => void {
    const entry = [event, listener] as const;
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  emit(event: string, ...args: unknown[]): void {
    for (const [name, listener] of [...this.#listeners]) {
      try {
        if (name === event) (listener as (...args: unknown[]) => void)(...args);
      } catch (error) {
        ((globalThis as { reportError?: (error: unknown) => void }).reportError ?? console.error)(error);
      }
    }
  }
}
