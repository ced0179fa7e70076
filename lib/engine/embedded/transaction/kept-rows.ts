/** Rows whose values are copies that stand one behind the other: a list without an object for each of them. */

import type { Key } from "../../keys/index.js";

export interface Row {
  readonly key: Key;
  readonly value: Buffer;
}

/** Values so near to each other in one piece of memory are copied as one, with what lies between them. */
const NEAR = 8;

export class KeptRows {
  private readonly keys: Key[] = [];
  /** Where each value begins, and where it ends. */
  private readonly begins: number[] = [];
  private readonly ends: number[] = [];
  private readonly bytes: Buffer;

  constructor(rows: readonly Row[]) {
    const runs = new Runs();
    for (const { key, value } of rows) {
      this.keys.push(key);
      const begin = runs.add(value);
      this.begins.push(begin);
      this.ends.push(begin + value.length);
    }
    this.bytes = runs.copy();
  }

  each(visit: (key: Key, value: Buffer) => void): void {
    for (let i = 0; i < this.keys.length; i++)
      visit(this.keys[i]!, this.bytes.subarray(this.begins[i], this.ends[i]));
  }
}

/** Values of one read mostly stand side by side: a copy of each would cost more than their bytes. */
class Runs {
  private readonly whole: Uint8Array[] = [];
  private memory: ArrayBufferLike | undefined;
  private from = 0;
  private to = 0;
  /** Bytes of the runs before this one. */
  private before = 0;

  /** Where the value will stand in the copy. */
  add(value: Buffer): number {
    const { buffer, byteOffset } = value;
    const gap = byteOffset - this.to;
    if (buffer !== this.memory || gap < 0 || gap >= NEAR) {
      this.end();
      this.memory = buffer;
      this.from = byteOffset;
    }
    this.to = byteOffset + value.length;
    return this.before + byteOffset - this.from;
  }

  copy(): Buffer {
    this.end();
    const bytes = Buffer.allocUnsafe(this.before);
    let at = 0;
    for (const run of this.whole) {
      bytes.set(run, at);
      at += run.length;
    }
    return bytes;
  }

  private end(): void {
    if (this.memory === undefined) return;
    this.whole.push(new Uint8Array(this.memory, this.from, this.to - this.from));
    this.before += this.to - this.from;
  }
}
