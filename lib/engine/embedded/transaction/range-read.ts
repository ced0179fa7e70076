/** Reads the rows between two key selectors step by step, as FoundationDB's client does it.
 *
 * What a selector means beside own writes depends on how far the client looks: it resolves selectors from what it knows,
 * asks the store where it knows nothing, and fails where it meets a key that waits for a versionstamp. So the order of
 * steps is that of FoundationDB 7.3, with the questions in which a request to the store is put; the selectors here
 * change as they are resolved.
 */

import type { Key } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import { type RangeLimits, REPLY } from "./range-limits.js";
import type { Segment, Segments } from "./segments.js";
import type { Selector } from "./selector.js";
import type { RangeEnds, StoreLimits, StoreRange } from "./store-range.js";

export interface RangeRow {
  readonly key: Key;
  readonly value: Uint8Array;
}

export interface RangeRead extends RangeEnds {
  /** They stay the transaction's. */
  readonly rows: readonly RangeRow[];
}

/** What the reader stands on. */
export interface RangeSource {
  /** By what is known now; to be asked again after each `read`. */
  readonly segments: () => Segments;
  /** Reads the store, and remembers what it has learned of it. */
  readonly read: (begin: Selector, end: Selector, limits: StoreLimits, reverse: boolean) => StoreRange;
  readonly maxKey: Key;
}

/** Known segments that one request reads over at most. */
const SKIP = 100;
/** More requests than any read needs. */
const REQUESTS = 1_000_000;

/** A selector on its way to the key it names. */
interface Moving {
  key: Key;
  offset: number;
  /** Its offset when it was resolved from what is known. */
  actual: number;
}

const moving = ({ key, offset }: Selector): Moving => ({ key, offset, actual: offset });

/** Names its key without stepping. */
const settled = (selector: Selector): boolean => selector.offset === 1;

function known({ kind }: Segment): boolean {
  return kind === "empty" || kind === "row";
}

/** Looking at such a segment is the error. */
function looked(segment: Segment): Segment {
  if (segment.kind === "unreadable") throw new EngineError(1036);
  return segment;
}

/** What is left of a read's limits. */
class Limits {
  rows: number;
  bytes: number;
  minRows = 1;

  constructor(limits: RangeLimits) {
    this.rows = limits.rows;
    this.bytes = limits.bytes;
  }

  get reached(): boolean {
    return this.rows === 0 || (this.bytes === 0 && this.minRows === 0);
  }

  /** Rows enough for a batch that is limited by bytes. */
  get satisfied(): boolean {
    return this.bytes !== Number.POSITIVE_INFINITY && this.minRows === 0;
  }

  take({ key, value }: RangeRow): void {
    this.minRows = Math.max(0, this.minRows - 1);
    this.rows--;
    this.bytes = Math.max(0, this.bytes - 8 - key.length - value.length);
  }

  /** Those of the next request, which reads `additional` rows that will not count. */
  request(additional: number, offset: number, requests: number): StoreLimits {
    const { rows, bytes } = this;
    const enough = Math.max(1 + additional, offset);
    const most = Math.max(Math.max(1, rows) + additional, offset);
    if (bytes === 0) {
      const limited = rows === Number.POSITIVE_INFINITY ? enough : most;
      return { rows: limited, bytes: Number.POSITIVE_INFINITY, minRows: enough };
    }
    const grown =
      bytes === Number.POSITIVE_INFINITY ? bytes : Math.min(bytes * 2 ** Math.min(requests, 20), REPLY);
    return { rows: most, bytes: grown, minRows: enough };
  }
}

export class RangeReader {
  private toBegin = false;
  private throughEnd = false;
  private requests = 0;
  /** The last request ended for its bytes: the batch does, too. FoundationDB ends one at every request but the first. */
  private cut = false;
  /** Of what is known since the last request. */
  private cuts: Segments | undefined;

  constructor(private readonly source: RangeSource) {}

  read(begin: Selector, end: Selector, limits: RangeLimits, reverse: boolean): RangeRead {
    return reverse ? this.backward(begin, end, limits) : this.forward(begin, end, limits);
  }

  /** The key that a selector names: `""` off the front, `maxKey` off the end. */
  key(selector: Selector): Key {
    const { maxKey } = this.source;
    const one = { rows: 1, bytes: Number.POSITIVE_INFINITY };
    if (selector.offset > 0) {
      const { readToBegin, readThroughEnd, rows } = this.forward(selector, { key: maxKey, offset: 1 }, one);
      if (readToBegin) return "";
      return readThroughEnd ? maxKey : (rows[0]?.key ?? maxKey);
    }
    const before = { key: selector.key, offset: selector.offset + 1 };
    const { readToBegin, readThroughEnd, rows } = this.backward({ key: "", offset: 1 }, before, one);
    if (readThroughEnd) return maxKey;
    return readToBegin ? "" : (rows[0]?.key ?? "");
  }

  private forward(from: Selector, to: Selector, asked: RangeLimits): RangeRead {
    const { source } = this;
    const { maxKey } = source;
    const [begin, end] = [moving(from), moving(to)];
    const limits = new Limits(asked);
    const rows: RangeRow[] = [];
    let more = false;
    let past = 0;
    let additional = 0;
    let requests = 0;

    let at = this.place(begin);
    let last = this.place(end);
    if (begin.actual >= end.actual && begin.key >= end.key) return none;
    if ((settled(begin) && begin.key === maxKey) || (settled(end) && end.key === "")) return this.nothing();
    if (!settled(end) && begin.key > end.key) {
      const key = this.resolved(end);
      if (begin.key >= key && begin.offset > 0) return none;
      if (key === "") return this.nothing();
      at = this.place(begin);
      last = this.place(end);
    }

    for (;;) {
      if (rows.length === 0 && begin.actual >= end.actual && begin.key >= end.key) return none;
      if (end.offset <= 1 && end.key === "") return this.nothing();
      if (
        (begin.offset >= end.offset && begin.key >= end.key) ||
        (begin.offset >= 1 && begin.key >= maxKey)
      ) {
        if (!settled(end) && rows.length > 0) this.settle(end);
        break;
      }
      if (known(at) && at.begin > last.begin) {
        if (settled(end)) break;
        return this.nothing();
      }
      const enough = past >= 1 - end.offset;
      if (limits.reached && enough) break;
      if (
        at.begin === last.begin &&
        (known(at) || (begin.offset > 0 && settled(end) && end.key === at.begin))
      )
        break;

      if (looked(at).kind === "unknown") {
        if (this.cut && limits.satisfied && rows.length > 0 && enough) {
          more = true;
          break;
        }
        const clears = requests > 0 ? 2 ** Math.min(requests, 20) : 0;
        let skipped = 0;
        let until = at;
        if (at.begin < last.begin) {
          const skip = this.skip(at, last, clears + SKIP);
          until = skip.at;
          skipped = Math.min(skip.clears, clears);
        }
        let readEnd: Selector;
        if (until.begin !== last.begin) {
          readEnd = { key: until.end, offset: 1 };
          if (end.offset < 1) additional += 1 - end.offset;
        } else if (end.offset < 1) {
          readEnd = { key: end.key, offset: 1 };
          additional += 1 - end.offset;
        } else {
          if (end.offset > 1) skipped += this.clearsAfter(until, clears - skipped);
          readEnd = { key: end.key, offset: end.offset > 1 ? end.offset + skipped : end.offset };
        }
        additional += skipped;
        let readBegin: Selector;
        if (settled(begin)) {
          if (at.begin > begin.key) begin.key = at.begin;
          readBegin = { key: begin.key, offset: 1 };
        } else if (begin.offset > 1) {
          readBegin = { key: begin.key, offset: 1 };
          additional += begin.offset - 1;
        } else {
          const back = this.clearsBefore(at, clears);
          readBegin = { key: begin.key, offset: begin.offset - back };
          additional += back;
        }
        if (readEnd.key < readBegin.key) readEnd = { key: readBegin.key, offset: readEnd.offset };
        const request = limits.request(additional, 2 - readBegin.offset, requests++);
        additional = 0;
        this.ask(readBegin, readEnd, request, false);
        at = this.place(begin);
        last = this.place(end);
        continue;
      }
      if (at.kind === "row" && at.value !== undefined) {
        const row = { key: at.begin, value: at.value };
        if (limits.reached) past++;
        else {
          limits.take(row);
          rows.push(row);
        }
      }
      at = this.segments.at(at.end);
    }

    more ||= limits.reached;
    if (settled(end)) {
      const kept = rows.findIndex(({ key }) => key >= end.key);
      if (kept !== -1) {
        more = false;
        rows.length = kept;
      }
    }
    return this.found(rows, more, this.toBegin, !more && this.throughEnd);
  }

  private backward(from: Selector, to: Selector, asked: RangeLimits): RangeRead {
    const { source } = this;
    const { maxKey } = source;
    const [begin, end] = [moving(from), moving(to)];
    const limits = new Limits(asked);
    const rows: RangeRow[] = [];
    let more = false;
    let past = 0;
    let additional = 0;
    let requests = 0;

    let at = this.place(end);
    let last = this.place(begin);
    if (begin.actual >= end.actual && begin.key >= end.key) return none;
    if ((settled(begin) && begin.key === maxKey) || (settled(end) && end.key === "")) return this.nothing();
    if (!settled(begin) && begin.key > end.key) {
      const key = this.resolved(begin);
      if (key >= end.key && end.offset <= 1) return none;
      if (key === maxKey) return this.nothing();
      at = this.place(end);
      last = this.place(begin);
    }

    for (;;) {
      if (rows.length === 0 && begin.actual >= end.actual && begin.key >= end.key) return none;
      if (begin.offset > 0 && begin.key >= maxKey) return this.nothing();
      if ((begin.offset >= end.offset && begin.key >= end.key) || (end.offset <= 1 && end.key === "")) {
        if (!settled(begin) && rows.length > 0) this.settle(begin);
        break;
      }
      const enough = past >= begin.offset - 1;
      if (enough && known(at) && at.begin < last.begin) {
        if (settled(begin)) break;
        return this.nothing();
      }
      if (limits.reached && enough) break;
      if (settled(end) && end.key === at.begin) {
        if (enough && at.begin === last.begin) break;
        at = this.segments.below(at.begin);
      }

      if (looked(at).kind === "unknown") {
        if (this.cut && asked.bytes !== Number.POSITIVE_INFINITY && rows.length > 0 && enough) {
          more = true;
          break;
        }
        const clears = requests > 0 ? 2 ** Math.min(requests, 20) : 0;
        let skipped = 0;
        let until = at;
        if (at.begin > last.begin) {
          const skip = this.skipBack(at, last, clears + SKIP);
          until = skip.at;
          skipped = Math.min(skip.clears, clears);
        }
        let readBegin: Selector;
        if (until.begin !== last.begin) {
          readBegin = { key: until.begin, offset: 1 };
          if (begin.offset > 1) additional += begin.offset - 1;
        } else if (begin.offset > 1) {
          readBegin = { key: begin.key, offset: 1 };
          additional += begin.offset - 1;
        } else {
          if (begin.offset < 1) skipped += this.clearsBefore(until, clears - skipped);
          readBegin = { key: begin.key, offset: begin.offset < 1 ? begin.offset - skipped : begin.offset };
        }
        additional += skipped;
        let readEnd: Selector;
        if (settled(end)) {
          if (at.end < end.key) end.key = at.end;
          readEnd = { key: end.key, offset: 1 };
        } else if (end.offset < 1) {
          readEnd = { key: end.key, offset: 1 };
          additional += 1 - end.offset;
        } else {
          const ahead = this.clearsAfter(at, clears);
          readEnd = { key: end.key, offset: end.offset + ahead };
          additional += ahead;
        }
        if (readBegin.key > readEnd.key) readBegin = { key: readEnd.key, offset: readBegin.offset };
        const request = limits.request(additional, readEnd.offset, requests++);
        additional = 0;
        this.ask(readBegin, readEnd, request, true);
        at = this.place(end);
        last = this.place(begin);
        continue;
      }
      if (at.kind === "row" && at.value !== undefined) {
        const row = { key: at.begin, value: at.value };
        if (limits.reached) past++;
        else {
          limits.take(row);
          rows.push(row);
        }
      }
      if (at.begin === last.begin) break;
      at = this.segments.below(at.begin);
    }

    more ||= limits.reached;
    if (settled(begin)) {
      const kept = rows.findIndex(({ key }) => key < begin.key);
      if (kept !== -1) {
        more = false;
        rows.length = kept;
      }
    }
    return this.found(rows, more, !more && this.toBegin, this.throughEnd);
  }

  private get segments(): Segments {
    this.cuts ??= this.source.segments();
    return this.cuts;
  }

  /** No row, and what was found out about the ends of the store. */
  private nothing(): RangeRead {
    return this.found([], false, this.toBegin, this.throughEnd);
  }

  private found(
    rows: readonly RangeRow[],
    more: boolean,
    readToBegin: boolean,
    readThroughEnd: boolean,
  ): RangeRead {
    return { rows, first: rows[0]?.key, last: rows.at(-1)?.key, more, readToBegin, readThroughEnd };
  }

  /**
   * Moves a selector as far as what is known allows: to the key that it names, or to the edge of the unknown or
   * unreadable segment that is returned.
   */
  private place(selector: Moving): Segment {
    const { segments } = this;
    const { maxKey } = this.source;
    const plain = settled(selector);
    let at = segments.at(selector.key);
    if (selector.offset <= 0 && at.begin === selector.key && selector.key !== "")
      at = segments.below(at.begin);
    while (selector.offset > 1 && known(at) && at.end < maxKey) {
      if (at.kind === "row") selector.offset--;
      at = segments.at(at.end);
      selector.key = at.begin;
    }
    while (selector.offset < 1 && known(at) && at.begin !== "") {
      if (at.kind === "row" && ++selector.offset === 1) {
        selector.key = at.begin;
        break;
      }
      at = segments.below(at.begin);
      selector.key = at.end;
    }
    if (!plain) selector.actual = selector.offset;
    if (known(at) && !settled(selector)) {
      if (selector.offset < 1) this.toBegin = true;
      else this.throughEnd = true;
      selector.key = selector.offset < 1 ? "" : maxKey;
      selector.offset = 1;
      return at;
    }
    while (at.kind === "empty" && at.end < maxKey) {
      at = segments.at(at.end);
      selector.key = at.begin;
    }
    return at;
  }

  /** The key of a selector that is not settled yet, found by a read of its own. */
  private resolved(selector: Selector): Key {
    const key = new RangeReader(this.source).key(selector);
    this.cuts = undefined;
    if (key === "") this.toBegin = true;
    if (key === this.source.maxKey) this.throughEnd = true;
    return key;
  }

  private settle(selector: Moving): void {
    selector.key = this.resolved(selector);
    selector.offset = 1;
  }

  private ask(begin: Selector, end: Selector, limits: StoreLimits, reverse: boolean): void {
    if (++this.requests > REQUESTS) throw new EngineError(4100, "a range read does not end");
    const { rows, more } = this.source.read(begin, end, limits, reverse);
    this.cuts = undefined;
    this.cut = more && rows.length < limits.rows;
  }

  /** From an unknown segment to the last one before `last` that one request may reach, over keys known one by one. */
  private skip(from: Segment, last: Segment, most: number): { at: Segment; clears: number } {
    const { segments } = this;
    let at = from;
    let [b, e] = [at.begin, at.end];
    let clears = 0;
    for (let left = most; at.begin !== last.begin && left > 0; left--) {
      if (at.kind === "unreadable" || at.kind === "empty") {
        if (at.kind === "unreadable" || e !== `${b}\0`) break;
        clears++;
      } else b = e;
      at = segments.at(at.end);
      e = at.end;
    }
    while (at.kind !== "unknown") at = segments.below(at.begin);
    return { at, clears };
  }

  private skipBack(from: Segment, last: Segment, most: number): { at: Segment; clears: number } {
    const { segments } = this;
    let at = from;
    let [b, e] = [at.begin, at.end];
    let clears = 0;
    for (let left = most; at.begin !== last.begin && left > 0; left--) {
      if (at.kind === "unreadable" || at.kind === "empty") {
        if (at.kind === "unreadable" || e !== `${b}\0`) break;
        clears++;
      } else e = b;
      at = segments.below(at.begin);
      b = at.begin;
    }
    while (at.kind !== "unknown") at = segments.at(at.end);
    return { at, clears };
  }

  /** Cleared single keys from here on, which a request must read over; at most `most`. */
  private clearsAfter(from: Segment, most: number): number {
    if (most <= 0) return 0;
    const { segments } = this;
    const { maxKey } = this.source;
    let at = from;
    let [b, e] = [at.begin, at.end];
    let clears = 0;
    while (e < maxKey) {
      if (at.kind === "unreadable" || at.kind === "empty") {
        if (at.kind === "unreadable" || e !== `${b}\0`) return clears;
        if (++clears >= most) return most;
      } else b = e;
      at = segments.at(at.end);
      e = at.end;
    }
    return clears;
  }

  private clearsBefore(from: Segment, most: number): number {
    if (most <= 0) return 0;
    const { segments } = this;
    let at = from;
    let [b, e] = [at.begin, at.end];
    let clears = 0;
    while (b > "") {
      if (at.kind === "unreadable" || at.kind === "empty") {
        if (at.kind === "unreadable" || e !== `${b}\0`) return clears;
        if (++clears >= most) return most;
      } else e = b;
      at = segments.below(at.begin);
      b = at.begin;
    }
    return clears;
  }
}

const none: RangeRead = Object.freeze({
  rows: [],
  first: undefined,
  last: undefined,
  more: false,
  readToBegin: false,
  readThroughEnd: false,
});
