/** Rows whose values are copies that stand one behind the other: a list without an object for each of them. */

import type { Key } from "../../keys/index.js";

export interface Row {
  readonly key: Key;
  readonly value: Buffer;
}

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

/** Values so near to each other in one piece of memory are copied as one, with what lies between them. */
const NEAR = 8;

export class KeptRows {
  private readonly keys: readonly Key[];
  /** Where each value begins, and where it ends. */
  private readonly begins: readonly number[];
  private readonly ends: readonly number[];
  private readonly bytes: Buffer;

  constructor(rows: readonly Row[]) {
    const count = rows.length;
    const keys = new Array<Key>(count);
    const begins = new Array<number>(count);
    const ends = new Array<number>(count);
    // Values of one read mostly stand side by side: to copy each of them would cost more than their bytes do.
    const runs: Uint8Array[] = [];
    let memory: ArrayBufferLike | undefined;
    let [from, to] = [0, 0];
    let before = 0;
    const end = (): void => {
      if (memory === undefined) return;
      runs.push(new Uint8Array(memory, from, to - from));
      before += to - from;
    };
    for (let i = 0; i < count; i++) {
      const { key, value } = rows[i]!;
      const { buffer, byteOffset, length } = value;
      const gap = byteOffset - to;
      if (buffer !== memory || gap < 0 || gap >= NEAR) {
        end();
        memory = buffer;
        from = byteOffset;
      }
      to = byteOffset + length;
      keys[i] = key;
      begins[i] = before + byteOffset - from;
      ends[i] = before + to - from;
    }
    end();
    this.keys = keys;
    this.begins = begins;
    this.ends = ends;
    this.bytes = space(before);
    let at = 0;
    for (const run of runs) {
      this.bytes.set(run, at);
      at += run.length;
    }
  }

  each(visit: (key: Key, value: Buffer) => void): void {
    for (let i = 0; i < this.keys.length; i++)
      visit(this.keys[i]!, this.bytes.subarray(this.begins[i], this.ends[i]));
  }
}
