/** Remembers which feeds the next tick reads, and since when a fired watch says that they moved. */

import type { Feed } from "../node/index.js";

export class DueFeeds {
  /** By feed: when its watch fired (`performance.now()`); undefined when it is read for another reason. */
  #next = new Map<Feed, number | undefined>();
  #reading = new Map<Feed, number | undefined>();

  get size(): number {
    return this.#next.size;
  }

  add(feed: Feed, firedAt?: number): void {
    this.#next.set(feed, this.#next.get(feed) ?? firedAt);
  }

  /** Forgets a feed that nothing stands on any more. */
  delete(feed: Feed): void {
    this.#next.delete(feed);
    this.#reading.delete(feed);
  }

  /** All of them, to be read now; then either `read` or `failed` is called. */
  take(): readonly Feed[] {
    this.#reading = this.#next;
    this.#next = new Map();
    return [...this.#reading.keys()];
  }

  /** What was taken is in the views. */
  read(): void {
    this.#reading = new Map();
  }

  /** What was taken has to be read again, and moved when it did. */
  failed(): void {
    const reading = this.#reading;
    this.#reading = new Map();
    for (const [feed, firedAt] of this.#next) reading.set(feed, reading.get(feed) ?? firedAt);
    this.#next = reading;
  }

  /** When the first watch fired among the feeds that are being read. */
  get firedAt(): number | undefined {
    let first: number | undefined;
    for (const firedAt of this.#reading.values()) {
      if (firedAt !== undefined && (first === undefined || firedAt < first)) first = firedAt;
    }
    return first;
  }

  /** When the watch fired whose changes are not in the views yet. */
  since(feed: Feed): number | undefined {
    return this.#reading.get(feed) ?? this.#next.get(feed);
  }
}
