/** What a nested transaction has written so far, as its reads see it over those of the outer one. */

import { type Key, toKey } from "../keys/index.js";
import { MutationType } from "../port/index.js";
import { fillStamp, stampPosition, type Write, WriteMap } from "../writes/index.js";

const STAMP_BYTES = 10;

/** The writes in one range, as they were when a read began. */
export interface OwnRange {
  readonly points: ReadonlyMap<Key, Write>;
  readonly cleared: readonly (readonly [Key, Key])[];
  readonly unreadable: readonly (readonly [Key, Key])[];
}

export const nothing: OwnRange = { points: new Map(), cleared: [], unreadable: [] };

export class OwnWrites {
  readonly #map = new WriteMap();

  /** @param version what the transaction reads at: no versionstamp that its commit gets is below it */
  constructor(private readonly version: number) {}

  set(key: Uint8Array, value: Uint8Array): void {
    this.#map.set(toKey(key), value, false);
  }

  clear(key: Uint8Array): void {
    this.#map.clear(toKey(key), false);
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    this.#map.clearRange(toKey(begin), toKey(end), false);
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    if (type !== MutationType.setVersionstampedKey) {
      this.#map.atomic(type, toKey(key), operand, false);
      return;
    }
    const position = stampPosition(key);
    // The outer transaction refuses it with its own error.
    if (position === undefined) return;
    const length = key.length - 4;
    const lowest = fillStamp(key, position, this.version).subarray(0, length);
    const highest = Buffer.from(key.subarray(0, length)).fill(0xff, position, position + STAMP_BYTES);
    this.#map.hide(toKey(lowest), `${toKey(highest)}\0`);
  }

  /** The write of one key at this moment; `"unreadable"` while it waits for a versionstamp. */
  at(key: Key): Write | "cleared" | "unreadable" | undefined {
    const write = this.#map.points.get(key);
    if (write !== undefined) return write.unreadable ? "unreadable" : write.copy();
    if (this.#map.unreadable.has(key)) return "unreadable";
    return this.#map.cleared.has(key) ? "cleared" : undefined;
  }

  /** Everything written in a range; `undefined` when nothing is. */
  within(begin: Key, end: Key): OwnRange | undefined {
    const { points: all, cleared, unreadable } = this.#map;
    const points = new Map<Key, Write>();
    for (const at = all.atOrAfter(begin); at.key !== undefined && at.key < end; at.next()) {
      points.set(at.key, at.value!.copy());
    }
    const own = {
      points,
      cleared: cleared.within(begin, end),
      unreadable: unreadable.within(begin, end),
    };
    return points.size + own.cleared.length + own.unreadable.length === 0 ? undefined : own;
  }

  get empty(): boolean {
    return this.#map.points.size === 0 && this.#map.cleared.empty && this.#map.unreadable.empty;
  }
}
