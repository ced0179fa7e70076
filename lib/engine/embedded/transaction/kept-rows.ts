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
  const runs: Uint8Array[] = [];
  let first: Buffer | undefined;
  let last: Buffer | undefined;
  let [from, to] = [0, 0];
  let before = 0;
  let at = 0;
  let mixed = false;
  const end = (): void => {
    if (first === undefined) return;
    const memory = first.buffer;
    mixed ||= last!.buffer !== memory;
    runs.push(new Uint8Array(memory, from, to - from));
    before += to - from;
    first = undefined;
  };
  const add = (part: Buffer, alone: boolean): void => {
    const { byteOffset, length } = part;
    if (alone || byteOffset < to || byteOffset >= to + NEAR) end();
    if (first === undefined) {
      first = part;
      from = byteOffset;
    }
    last = part;
    to = byteOffset + length;
    places[at++] = before + byteOffset - from;
    places[at++] = before + to - from;
    if (alone) end();
  };
  for (const { key, value, own } of rows) {
    const alone = own === true || !joined;
    add(key, alone || key.length > MAX_JOINED);
    add(value, alone || value.length > MAX_JOINED);
  }
  end();
  return mixed ? runsOf(rows, places, false) : runs;
}
