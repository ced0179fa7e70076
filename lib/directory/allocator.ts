/** Allocates the prefixes of directories, short and never the same twice. */

import type { Transaction } from "../engine/index.js";
import { firstGreaterOrEqual, keyAfter, MutationType } from "../engine/index.js";
import { pack, Subspace } from "../tuple/index.js";

const one = Buffer.from("0100000000000000", "hex");
const empty = new Uint8Array(0);

/** Small windows keep prefixes short, large ones keep concurrent allocations apart. */
function windowSize(start: number): number {
  if (start < 255) return 64;
  return start < 65_535 ? 1_024 : 8_192;
}

/**
 * The high-contention allocator: short, never repeated prefixes that concurrent transactions take at random from a
 * window, so that they seldom meet. The window moves on when half of it is taken.
 *
 * @see https://apple.github.io/foundationdb/developer-guide.html#directories
 */
export class Allocator {
  readonly #counters: Subspace;
  readonly #recent: Subspace;

  constructor(space: Subspace) {
    this.#counters = space.subspace([0]);
    this.#recent = space.subspace([1]);
  }

  /** A packed integer that this allocator has not given before. The caller serialises calls of one transaction. */
  async allocate(tx: Transaction): Promise<Uint8Array> {
    for (;;) {
      const start = await this.#currentWindow(tx);
      const candidate = await this.#pick(tx, start, windowSize(start));
      if (candidate !== undefined) return pack([candidate]);
    }
  }

  /** Counts this allocation and returns the start of the window it belongs to. */
  async #currentWindow(tx: Transaction): Promise<number> {
    let start = await this.#newestWindow(tx);
    for (let advanced = false; ; advanced = true) {
      if (advanced) {
        start += windowSize(start);
        tx.clearRange(this.#counters.key, this.#counters.pack([start]));
        tx.setOption("nextWriteNoWriteConflictRange");
        tx.clearRange(this.#recent.key, this.#recent.pack([start]));
      }
      const counter = this.#counters.pack([start]);
      tx.atomic(MutationType.add, counter, one);
      const stored = await tx.get(counter, true);
      const count = stored === undefined ? 0n : Buffer.from(stored).readBigInt64LE(0);
      if (count * 2n < BigInt(windowSize(start))) return start;
    }
  }

  /** An unused number of the window, or undefined when another transaction moved the window on. */
  async #pick(tx: Transaction, start: number, size: number): Promise<number | undefined> {
    for (;;) {
      const candidate = start + Math.floor(Math.random() * size);
      const key = this.#recent.pack([candidate]);
      const reads = Promise.all([this.#newestWindow(tx), tx.get(key)]);
      tx.setOption("nextWriteNoWriteConflictRange");
      tx.set(key, empty);
      const [newest, taken] = await reads;
      if (newest > start) return undefined;
      if (taken === undefined) {
        tx.addWriteConflictRange(key, keyAfter(key));
        return candidate;
      }
    }
  }

  async #newestWindow(tx: Transaction): Promise<number> {
    const { begin, end } = this.#counters.range();
    const { rows } = await tx.getRange(firstGreaterOrEqual(begin), firstGreaterOrEqual(end), {
      limit: 1,
      reverse: true,
      snapshot: true,
    });
    const newest = rows[0];
    return newest === undefined ? 0 : Number(this.#counters.unpack(newest[0])[0]);
  }
}
