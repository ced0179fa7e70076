/** Rows whose values are copies that stand one behind the other: a list without an object for each of them. */

import type { Key } from "../../keys/index.js";

export interface Row {
  readonly key: Key;
  readonly value: Buffer;
}

export class KeptRows {
  private readonly keys: readonly Key[];
  /** Where each value ends. */
  private readonly ends: readonly number[];
  private readonly bytes: Buffer;

  constructor(rows: readonly Row[]) {
    const ends: number[] = [];
    let end = 0;
    for (const { value } of rows) {
      end += value.length;
      ends.push(end);
    }
    this.bytes = Buffer.allocUnsafe(end);
    for (let i = 0; i < rows.length; i++) {
      const { value } = rows[i]!;
      this.bytes.set(value, ends[i]! - value.length);
    }
    this.keys = rows.map(({ key }) => key);
    this.ends = ends;
  }

  each(visit: (key: Key, value: Buffer) => void): void {
    let from = 0;
    for (let i = 0; i < this.keys.length; i++) {
      const to = this.ends[i]!;
      visit(this.keys[i]!, this.bytes.subarray(from, to));
      from = to;
    }
  }
}
