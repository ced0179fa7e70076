/** Remembers what a transaction has read of the store: which keys it knows, and their values.
 *
 * FoundationDB's client keeps the same. What is known is not read again, answers reads when the version has become too
 * old, and decides how far a range read looks before it ends. Recording is a few pushes a read; the records are put in
 * order only when they are needed.
 */

import type { Key } from "../../keys/index.js";
import { copyValue, RangeSet, SortedMap } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import { KeptRows, type Row } from "./kept-rows.js";

/** Inside of `ranges` every key is known, and absent where `rows` has none. */
export interface Known {
  readonly ranges: RangeSet;
  readonly rows: SortedMap<Buffer>;
}

export class SnapshotCache {
  private keys: Key[] = [];
  private values: (Buffer | undefined)[] = [];
  private ranges: { begin: Key; end: Key; rows: KeptRows }[] = [];
  private readonly ordered: Known = { ranges: new RangeSet(), rows: new SortedMap() };

  /** The value is copied. */
  addPoint(key: Key, value: Buffer | undefined): void {
    this.keys.push(key);
    this.values.push(value === undefined ? undefined : copyValue(value));
  }

  /** The values are copied. */
  addRange(begin: Key, end: Key, rows: readonly Row[]): void {
    if (begin < end) this.ranges.push({ begin, end, rows: new KeptRows(rows) });
  }

  /** Throws `transaction_too_old` when the key was never read. */
  get(key: Key): Buffer | undefined {
    const { ranges, rows } = this.known;
    if (!ranges.has(key)) throw new EngineError(1007);
    return rows.get(key);
  }

  get known(): Known {
    const { ordered, keys, values } = this;
    for (let i = 0; i < keys.length; i++) {
      ordered.ranges.add(keys[i]!, `${keys[i]}\0`);
      if (values[i] !== undefined) ordered.rows.set(keys[i]!, values[i]!);
    }
    for (const { begin, end, rows } of this.ranges) {
      ordered.ranges.add(begin, end);
      rows.each((key, value) => ordered.rows.set(key, value));
    }
    if (keys.length > 0) {
      this.keys = [];
      this.values = [];
    }
    if (this.ranges.length > 0) this.ranges = [];
    return ordered;
  }
}
