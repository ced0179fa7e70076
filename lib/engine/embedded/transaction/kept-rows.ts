/** Rows as copies that stand one behind the other: a list without an object for each of them. */

import { type Key, MAX_JOINED, toKey } from "../../keys/index.js";
import type { StoredRow } from "../versions/index.js";

/** Copies of several reads share a piece of memory, which costs more to get than to fill. */
const SLAB = 1 << 16;
let slab = Buffer.allocUnsafeSlow(SLAB);
let used = 0;

function space(bytes: number): Buffer {
  if (bytes > SLAB / 4) return Buffer.allocUnsafeSlow(bytes);
  if (used + bytes > SLAB) {
    slab = Buffer.allocUnsafeSlow(SLAB);
    used = 0;
  }
  used += bytes;
  return slab.subarray(used - bytes, used);
}

/** What stands so near to each other in one piece of memory is copied as one, with what lies between. */
const NEAR = 8;

export class KeptRows {
  /** Where a key begins and ends, and its value. */
  private readonly places: readonly number[];
  private readonly bytes: Buffer;

  constructor(rows: readonly StoredRow[]) {
    const places = new Array<number>(4 * rows.length);
    const runs = runsOf(rows, places);
    const bytes = space(runs.reduce((sum, run) => sum + run.length, 0));
    let at = 0;
    for (const run of runs) {
      bytes.set(run, at);
      at += run.length;
    }
    this.places = places;
    this.bytes = bytes;
  }

  each(visit: (key: Key, value: Buffer) => void): void {
    const { places, bytes } = this;
    for (let at = 0; at < places.length; at += 4)
      visit(
        toKey(bytes.subarray(places[at], places[at + 1])),
        bytes.subarray(places[at + 2], places[at + 3]),
      );
  }
}

/**
 * What to copy one behind the other, so that each key and value comes to stand at its places. Most of a read's rows stand
 * side by side in the memory that the file is read into: to copy each of them would cost more than its bytes do.
 */
function runsOf(rows: readonly StoredRow[], places: number[], joined = true): Uint8Array[] {
  const runs = new Runs();
  let first: Buffer | undefined;
  let last: Buffer | undefined;
  let [from, to] = [0, 0];
  let at = 0;
  for (let i = 0; i < rows.length; i++) {
    const { key, value, own } = rows[i]!;
    const keyAt = key.byteOffset;
    const keyEnd = keyAt + key.length;
    const valueAt = value.byteOffset;
    const short = key.length <= MAX_JOINED && value.length <= MAX_JOINED;
    const whole = joined && short && own !== true && valueAt >= keyEnd && valueAt < keyEnd + NEAR;
    if (first !== undefined && !(whole && keyAt >= to && keyAt < to + NEAR)) {
      runs.add(first, last!, from, to);
      first = undefined;
    }
    if (whole) {
      if (first === undefined) {
        first = key;
        from = keyAt;
      }
      last = value;
      to = valueAt + value.length;
      const shift = runs.bytes - from;
      places[at++] = keyAt + shift;
      places[at++] = keyEnd + shift;
      places[at++] = valueAt + shift;
      places[at++] = to + shift;
    } else
      for (const part of [key, value]) {
        places[at++] = runs.bytes;
        runs.add(part, part, part.byteOffset, part.byteOffset + part.length);
        places[at++] = runs.bytes;
      }
  }
  if (first !== undefined) runs.add(first, last!, from, to);
  return runs.mixed ? runsOf(rows, places, false) : runs.all;
}

class Runs {
  readonly all: Uint8Array[] = [];
  /** Of all of them. */
  bytes = 0;
  /** One was not of one memory: it only looked as if what is in it stood side by side. */
  mixed = false;

  add(first: Buffer, last: Buffer, from: number, to: number): void {
    const memory = first.buffer;
    if (last.buffer !== memory) this.mixed = true;
    else this.all.push(new Uint8Array(memory, from, to - from));
    this.bytes += to - from;
  }
}
