/** Remembers what a transaction has read of the store: which keys it knows, and their values.
 *
 * FoundationDB's client keeps the same. What is known is not read again, answers reads when the version has become too
 * old, and decides how far a range read looks before it ends. Recording is two pushes a read; the records are put in
 * order only when they are needed.
 */

import type { Key } from "../../keys/index.js";
import { RangeSet, SortedMap } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";

export interface Row {
  readonly key: Key;
  readonly value: Buffer;
}

/** Inside of `ranges` every key is known, and absent where `rows` has none. */
export interface Known {
  readonly ranges: RangeSet;
  readonly rows: SortedMap<Buffer>;
}

/** What a range read has told: its values one behind the other in one copy, since those of the rows are the caller's. */
interface KnownRange {
  readonly begin: Key;
  readonly end: Key;
  readonly keys: readonly Key[];
  readonly values: Buffer;
  /** Where each value ends. */
  readonly ends: readonly number[];
}

function knownRange(begin: Key, end: Key, rows: readonly Row[]): KnownRange {
  const keys: Key[] = [];
  const ends: number[] = [];
  let bytes = 0;
  for (const { key, value } of rows) {
    keys.push(key);
    bytes += value.length;
    ends.push(bytes);
  }
  const values = Buffer.allocUnsafe(bytes);
  for (let i = 0; i < rows.length; i++) values.set(rows[i]!.value, i === 0 ? 0 : ends[i - 1]);
  return { begin, end, keys, values, ends };
}

export class SnapshotCache {
  private keys: Key[] = [];
  private values: (Buffer | undefined)[] = [];
  private ranges: KnownRange[] = [];
  private readonly ordered: Known = { ranges: new RangeSet(), rows: new SortedMap() };

  /** The value is kept as it is. */
  addPoint(key: Key, value: Buffer | undefined): void {
    this.keys.push(key);
    this.values.push(value);
  }

  /** The values are copied. */
  addRange(begin: Key, end: Key, rows: readonly Row[]): void {
    if (begin < end) this.ranges.push(knownRange(begin, end, rows));
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
    for (const { begin, end, keys: inside, values: all, ends } of this.ranges) {
      ordered.ranges.add(begin, end);
      for (let i = 0; i < inside.length; i++)
        ordered.rows.set(inside[i]!, all.subarray(i === 0 ? 0 : ends[i - 1], ends[i]));
    }
    if (keys.length > 0) {
      this.keys = [];
      this.values = [];
    }
    if (this.ranges.length > 0) this.ranges = [];
    return ordered;
  }
}
