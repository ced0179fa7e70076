/** Rows as copies that stand one behind the other: a list without an object for each of them. */

import { type Key, MAX_JOINED, room, toKey } from "../../keys/index.js";
import type { StoredRow } from "../versions/index.js";

/** Every key and value begins at a multiple of so many bytes, as in the memory that a file is read into. */
const WORD = 4;
const padded = (length: number): number => (length + WORD - 1) & -WORD;

/** More than the longest value: the lengths of a key and its value are kept as one number. */
const VALUES = 1 << 17;

export class KeptRows {
  /** Of each row that of its key, times `VALUES`, and that of its value. */
  private readonly lengths: readonly number[];
  private readonly bytes: Buffer;

  constructor(rows: readonly StoredRow[]) {
    const runs = runsOf(rows);
    const bytes = room(runs.bytes);
    let at = 0;
    for (const run of runs.all) {
      bytes.set(run, at);
      at += padded(run.length);
    }
    this.lengths = rows.map(({ key, value }) => key.length * VALUES + value.length);
    this.bytes = bytes;
  }

  each(visit: (key: Key, value: Buffer) => void): void {
    const { lengths, bytes } = this;
    let at = 0;
    for (let i = 0; i < lengths.length; i++) {
      const both = lengths[i]!;
      const valueLength = both % VALUES;
      const keyLength = (both - valueLength) / VALUES;
      const valueAt = at + padded(keyLength);
      visit(toKey(bytes.subarray(at, at + keyLength)), bytes.subarray(valueAt, valueAt + valueLength));
      at = valueAt + padded(valueLength);
    }
  }
}

/**
 * What to copy one behind the other. Most of a read's rows stand side by side in the memory that the file is read into: to
 * copy each of them would cost more than its bytes do.
 */
function runsOf(rows: readonly StoredRow[], joined = true): Runs {
  const runs = new Runs();
  let first: Buffer | undefined;
  let last: Buffer | undefined;
  let [from, to] = [0, 0];
  for (let i = 0; i < rows.length; i++) {
    const { key, value, own } = rows[i]!;
    const keyAt = key.byteOffset;
    const valueAt = value.byteOffset;
    const short = key.length <= MAX_JOINED && value.length <= MAX_JOINED;
    const whole = joined && short && own !== true && valueAt === keyAt + padded(key.length);
    if (first !== undefined && !(whole && keyAt === padded(to))) {
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
    } else {
      runs.addAlone(key);
      runs.addAlone(value);
    }
  }
  if (first !== undefined) runs.add(first, last!, from, to);
  return runs.mixed ? runsOf(rows, false) : runs;
}

class Runs {
  readonly all: Uint8Array[] = [];
  /** Of all of them. */
  bytes = 0;
  /** One was not of one memory: it only looked as if what is in it stood side by side. */
  mixed = false;

  addAlone(bytes: Uint8Array): void {
    this.all.push(bytes);
    this.bytes += padded(bytes.length);
  }

  add(first: Buffer, last: Buffer, from: number, to: number): void {
    const memory = first.buffer;
    if (last.buffer !== memory) this.mixed = true;
    else this.addAlone(new Uint8Array(memory, from, to - from));
  }
}
