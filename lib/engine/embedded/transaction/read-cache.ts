/** Remembers what a transaction has read of the store, to answer from it when the version has become too old.
 *
 * FoundationDB does so too after its five seconds. Recording is two pushes a read; the records are put in
 * order only when they are needed.
 */

import type { Key } from "../../keys/index.js";
import { RangeSet, SortedMap } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";

interface Row {
  readonly key: Key;
  readonly value: Buffer;
}

interface Known {
  readonly ranges: RangeSet;
  readonly rows: SortedMap<Buffer>;
}

export class ReadCache {
  private readonly keys: Key[] = [];
  private readonly values: (Buffer | undefined)[] = [];
  private readonly ranges: { begin: Key; end: Key; rows: readonly Row[] }[] = [];
  private known: Known | undefined;

  addPoint(key: Key, value: Buffer | undefined): void {
    this.keys.push(key);
    this.values.push(value);
  }

  addRange(begin: Key, end: Key, rows: readonly Row[]): void {
    this.ranges.push({ begin, end, rows });
  }

  /** Throws `transaction_too_old` when the key was never read. */
  get(key: Key): Buffer | undefined {
    const { ranges, rows } = this.order();
    if (!ranges.has(key)) throw new EngineError(1007);
    return rows.get(key);
  }

  /** As a scan of the store; throws `transaction_too_old` on stepping to where nothing was read. */
  scan(
    begin: Key,
    end: Key,
    reverse: boolean,
    visit: (key: Key, value: Buffer, shared: boolean) => boolean,
  ): boolean {
    const { ranges, rows } = this.order();
    const parts = ranges.within(begin, end);
    let at = reverse ? end : begin;
    for (const [from, to] of reverse ? parts.reverse() : parts) {
      if ((reverse ? to : from) !== at) throw new EngineError(1007);
      const cursor = reverse ? rows.before(to) : rows.atOrAfter(from);
      while (cursor.key !== undefined && (reverse ? cursor.key >= from : cursor.key < to)) {
        if (!visit(cursor.key, cursor.value!, true)) return false;
        if (reverse) cursor.previous();
        else cursor.next();
      }
      at = reverse ? from : to;
    }
    if (at !== (reverse ? begin : end)) throw new EngineError(1007);
    return true;
  }

  private order(): Known {
    if (this.known !== undefined) return this.known;
    const ranges = new RangeSet();
    const rows = new SortedMap<Buffer>();
    this.keys.forEach((key, i) => {
      ranges.add(key, `${key}\0`);
      const value = this.values[i];
      if (value !== undefined) rows.set(key, value);
    });
    for (const range of this.ranges) {
      ranges.add(range.begin, range.end);
      for (const { key, value } of range.rows) rows.set(key, value);
    }
    this.known = { ranges, rows };
    return this.known;
  }
}
