/** The reads of a transaction: of keys, selectors, ranges, special keys and the read version. */

import {
  boundKey,
  copyValue,
  type Key,
  MAX_KEY,
  MAX_SYSTEM_KEY,
  METADATA_VERSION_KEY,
  readKeyLimit,
  toBytes,
  toKey,
} from "../../keys/index.js";
import type { KeySelector, KeyValue, RangeBatch, RangeOptions } from "../../port/index.js";
import { EngineError } from "../../port/index.js";
import { WriteMap } from "../../writes/index.js";
import type { StoredRow } from "../versions/index.js";
import { addReadRange } from "./add-read-range.js";
import { Lifecycle } from "./lifecycle.js";
import { nativeRangeConflict, rangeConflict } from "./range-conflict.js";
import { checkRangeOptions, type RangeLimits, rangeLimits } from "./range-limits.js";
import { RangeReader } from "./range-read.js";
import { readThrough } from "./read-through.js";
import { Segments } from "./segments.js";
import { normalize, resolve, type Selector } from "./selector.js";
import { SnapshotCache } from "./snapshot-cache.js";
import {
  isSpecial,
  isSpecialRange,
  readSpecial,
  readSpecialRange,
  type SpecialRange,
} from "./special-keys.js";
import {
  knownBackward,
  knownForward,
  type RangeEnds,
  readStoreRange,
  type StoreLimits,
  type StoreRange,
} from "./store-range.js";

const NONE: RangeBatch = Object.freeze({ rows: Object.freeze([]), more: false });

const FIRST: Selector = { key: "", offset: 1 };
const ONE_ROW: StoreLimits = { rows: 1, bytes: Number.POSITIVE_INFINITY, minRows: 1 };

/** The answer of a read that looks at nothing. */
class Answer<T> {
  constructor(readonly value: T) {}
}

export abstract class Reading extends Lifecycle {
  get(key: Uint8Array, snapshot = false): Promise<Uint8Array | undefined> {
    const k = toKey(key);
    if (isSpecial(k)) return this.special(() => readSpecial(k, (name) => this.specialRanges(name)));
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    if (k >= this.maxReadKey && k !== METADATA_VERSION_KEY) return Promise.reject(new EngineError(2004));
    if (k.length > readKeyLimit(k)) return Promise.resolve(undefined);
    if (this.versionGiven) return this.answered(() => this.point(k, snapshot));
    // As `answered`, and without its functions: of all reads, there are most of these.
    this.asked = true;
    let value: Uint8Array | undefined;
    try {
      value = this.point(k, snapshot);
    } catch (error) {
      this.failedRead ??= error;
      return Promise.reject(error);
    }
    const turn = this.store.turns.next();
    return turn === undefined ? Promise.resolve(value) : turn.then(() => value);
  }

  getKey(selector: KeySelector, snapshot = false): Promise<Uint8Array> {
    return this.read(() => {
      const normal = this.bound(selector);
      return () => toBytes(this.select(normal, snapshot));
    });
  }

  getRange(begin: KeySelector, end: KeySelector, options: RangeOptions = {}): Promise<RangeBatch> {
    const [first, last] = [toKey(begin.key), toKey(end.key)];
    try {
      checkRangeOptions(options);
    } catch (error) {
      return Promise.reject(error);
    }
    if (isSpecialRange(first, last)) {
      return this.special(async () => {
        const reverse = options.reverse ?? false;
        const limits = rangeLimits(options);
        const ranges = (name: SpecialRange) => this.specialRanges(name);
        const read = await readSpecialRange(normalize(begin), normalize(end), reverse, limits, ranges);
        return { rows: read.rows.map(([key, value]): KeyValue => [toBytes(key), value]), more: read.more };
      });
    }
    return this.read(() => {
      const from = this.bound(begin);
      const to = this.bound(end);
      const limits = rangeLimits(options);
      if (from.offset >= to.offset && from.key >= to.key) return new Answer(NONE);
      return () => this.range(from, to, options, limits);
    });
  }

  getReadVersion(): Promise<bigint> {
    const refusal = this.refusalDuringCommit();
    if (refusal !== undefined) return Promise.reject(refusal);
    // One that was given is answered as it is, be it ahead of the store.
    return this.versionGiven
      ? Promise.resolve(BigInt(this.version!))
      : this.whenReached(() => BigInt(this.readVersion()));
  }

  setReadVersion(version: bigint): void {
    // No other misuse is looked for, not even a commit in flight.
    if (this.deferredError !== undefined) return;
    if (this.version !== undefined) this.defer(new EngineError(2010));
    else if (version <= 0n) this.defer(new EngineError(2011));
    else {
      this.version = Number(version);
      this.versionGiven = true;
    }
  }

  /** The version that reads see, taken from the store when first needed. */
  protected readVersion(): number {
    this.version ??= this.store.readVersion();
    return this.version;
  }

  protected get maxReadKey(): Key {
    return this.options.systemAccess === "none" ? MAX_KEY : MAX_SYSTEM_KEY;
  }

  /** Own writes as this read sees them. */
  protected visibleWrites(snapshot: boolean): WriteMap | undefined {
    const { writes } = this;
    if (!(writes instanceof WriteMap) || (snapshot && this.options.snapshotRyw <= 0)) return undefined;
    return writes;
  }

  /** The value of a key and the conflict of reading it. */
  protected point(key: Key, snapshot: boolean): Uint8Array | undefined {
    if (!this.options.readYourWrites) {
      if (!snapshot) this.addReadPoint(key);
      return this.stored(key);
    }
    if (key.length > readKeyLimit(key)) return undefined;
    const writes = this.visibleWrites(snapshot);
    if (writes !== undefined) {
      const own = writes.points.get(key);
      if (own !== undefined) {
        if (own.unreadable && !this.options.bypassUnreadable) throw new EngineError(1036);
        const { independent } = own;
        const value = own.over(independent ? undefined : this.stored(key));
        if (!independent && !snapshot) this.addReadPoint(key);
        return value === undefined ? undefined : copyValue(value);
      }
      if (writes.cleared.has(key)) return undefined;
      if (writes.unreadable.has(key) && !this.options.bypassUnreadable) throw new EngineError(1036);
    }
    const value = this.stored(key);
    if (!snapshot) this.addReadPoint(key);
    return value;
  }

  /** Runs `work` now, or after a version given ahead of the store was reached (`future_version` after a second). */
  protected whenReached<T>(work: () => T): Promise<T> {
    if (!this.ahead) {
      try {
        const result = work();
        const turn = this.store.turns.next();
        return turn === undefined ? Promise.resolve(result) : turn.then(() => result);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    return this.interruptible(this.store.reach(this.version!)).then(() => {
      const stopped = this.stoppedBy();
      if (stopped !== undefined) throw stopped;
      return work();
    });
  }

  /** Whether it reads at a version that the store has not come to. */
  protected get ahead(): boolean {
    return this.versionGiven && this.version! > this.store.readVersion();
  }

  protected addReadPoint(key: Key): void {
    this.size += 25 + 2 * key.length;
    this.reads.addPoint(key);
  }

  protected addReadRange(begin: Key, end: Key): void {
    if (begin >= end) return;
    this.size += 24 + begin.length + end.length;
    if (this.writes instanceof WriteMap) addReadRange(this.reads, this.writes, begin, end);
    else this.reads.addRange(begin, end);
  }

  /** A copy of what the store holds, or held when the transaction first asked. */
  private stored(key: Key): Uint8Array | undefined {
    // Whatever was taken just now can be read.
    const fresh = this.version === undefined;
    const version = this.readVersion();
    if (!fresh && this.store.tooOld(version)) {
      const remembered = this.remembered.get(key);
      return remembered === undefined ? undefined : copyValue(remembered);
    }
    // With read-your-writes off FoundationDB's client keeps nothing.
    if (!this.options.readYourWrites) return this.store.get(key, version);
    const value = this.store.overlay.get(key, version);
    this.cached.addPoint(key, value);
    return value === undefined ? undefined : copyValue(value);
  }

  /** The store at the read version, unless that is too old to be read. */
  private scanStore(begin: Key, end: Key, reverse: boolean, visit: (row: StoredRow) => boolean): boolean {
    const version = this.readVersion();
    if (this.store.tooOld(version)) throw new EngineError(1007);
    return this.store.overlay.scan(begin, end, reverse, version, visit);
  }

  /** A request to the store; what it tells is remembered. */
  private readStore(begin: Selector, end: Selector, limits: StoreLimits, reverse: boolean): StoreRange {
    const scan = this.scanStore.bind(this);
    const read = readStoreRange(scan, begin, end, limits, reverse);
    if (!this.options.readYourWrites) return read;
    const [from, to] = reverse ? knownBackward(begin, end, read) : knownForward(begin, end, read);
    this.cached.addRange(from, to, read.rows);
    return read;
  }

  /** What old reads are answered from; with read-your-writes off FoundationDB keeps nothing. */
  private get remembered(): SnapshotCache {
    if (!this.options.readYourWrites) throw new EngineError(1007);
    return this.cached;
  }

  private get cached(): SnapshotCache {
    this.cache ??= new SnapshotCache();
    return this.cache;
  }

  private bound(selector: KeySelector): Selector {
    if (toKey(selector.key) > this.maxReadKey) throw new EngineError(2004);
    const { key, offset } = normalize(selector);
    return { key: boundKey(key), offset };
  }

  private async specialRanges(name: SpecialRange): Promise<readonly (readonly [Key, Key])[]> {
    if (name === "conflicting_keys") return this.conflictingRanges;
    if (name === "write_conflict_range") return this.writeConflicts();
    // What is being read conflicts too, or fails.
    const stopped = this.stoppedBy();
    if (stopped !== undefined) throw stopped;
    if (this.outstanding !== undefined) await this.interruptible(Promise.allSettled(this.outstanding));
    if (this.failedRead !== undefined) throw this.failedRead;
    return this.reads.coalesced();
  }

  /** Write conflict ranges as the special keys show them. */
  protected abstract writeConflicts(): readonly (readonly [Key, Key])[];

  /** Special keys tell of the transaction itself: they need no version, conflict on nothing and may be read late. */
  private special<T>(run: () => Promise<T>): Promise<T> {
    const refusal = this.deferredError;
    return refusal === undefined ? run() : Promise.reject(refusal);
  }

  /**
   * `prepare` validates and may throw without consequence; what it returns is the answer, or the read itself, whose
   * failure the commit reports again.
   */
  private read<T>(prepare: () => Answer<T> | (() => T)): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    let run: () => T;
    try {
      const prepared = prepare();
      if (prepared instanceof Answer) return Promise.resolve(prepared.value);
      run = prepared;
    } catch (error) {
      return Promise.reject(error);
    }
    return this.answered(run);
  }

  /** The answer of a read whose arguments are valid. */
  private answered<T>(run: () => T): Promise<T> {
    this.asked = true;
    const answer = this.whenReached(() => {
      try {
        return run();
      } catch (error) {
        this.failedRead ??= error;
        throw error;
      }
    });
    if (this.versionGiven) this.waitAtCommit(answer, true);
    return answer;
  }

  /** The commit waits for `work`, and fails with it when it `counts`. */
  protected waitAtCommit(work: Promise<unknown>, counts: boolean): void {
    this.outstanding ??= [];
    const { outstanding } = this;
    outstanding.push(
      work.catch((error) => {
        if (counts && this.outstanding === outstanding) this.failedRead ??= error;
      }),
    );
  }

  private reader(writes: WriteMap | undefined): RangeReader {
    return new RangeReader({
      segments: () => new Segments(this.cached.known, writes),
      read: (begin, end, limits, reverse) => this.readStore(begin, end, limits, reverse),
      maxKey: this.maxReadKey,
    });
  }

  /** The key that a selector names; where it only looks at what the store has, one request finds the next row. */
  private named(selector: Selector, writes: WriteMap | undefined): Key {
    const after = { key: selector.key, offset: 1 };
    const [begin, end] =
      selector.offset === 1 ? [after, { key: this.maxReadKey, offset: 1 }] : [FIRST, after];
    if ((selector.offset !== 1 && selector.offset !== 0) || !this.plain(begin, end, writes))
      return this.reader(writes).key(selector);
    const reverse = selector.offset === 0;
    const { first } = this.readStore(begin, end, ONE_ROW, reverse);
    return first ?? (reverse ? "" : this.maxReadKey);
  }

  private select(selector: Selector, snapshot: boolean): Key {
    let key: Key;
    if (this.options.readYourWrites) key = this.named(selector, this.visibleWrites(snapshot));
    else key = resolve(this.scanStore.bind(this), selector, this.maxReadKey);
    if (!snapshot) {
      if (selector.offset <= 0) this.addReadRange(key, selector.key);
      else this.addReadRange(selector.key, `${key}\0`);
    }
    return key;
  }

  /** Whether a range holds what the store does, so that one request answers: neither own writes nor steps matter. */
  private plain(begin: Selector, end: Selector, writes: WriteMap | undefined): boolean {
    if (begin.offset !== 1 || end.offset !== 1 || this.store.tooOld(this.readVersion())) return false;
    return writes === undefined || !writes.touches(begin.key, end.key);
  }

  private range(begin: Selector, end: Selector, options: RangeOptions, limits: RangeLimits): RangeBatch {
    const { snapshot = false, reverse = false } = options;
    const { readYourWrites } = this.options;
    const writes = this.visibleWrites(snapshot);
    if (!readYourWrites && reverse && end.offset > 1) {
      // The client finds out first where it ends, with a conflict of its own.
      const key = this.select(end, snapshot);
      return this.range(begin, { key, offset: 1 }, options, limits);
    }
    let read: RangeEnds;
    let rows: KeyValue[];
    if (readYourWrites && !this.plain(begin, end, writes)) {
      const own = this.reader(writes).read(begin, end, limits, reverse);
      read = own;
      rows = own.rows.map(({ key, value }): KeyValue => [toBytes(key), copyValue(value)]);
    } else {
      const stored = readYourWrites
        ? this.readStore(begin, end, { ...limits, minRows: 1 }, reverse)
        : readThrough(this.scanStore.bind(this), begin, end, limits, reverse, this.maxReadKey);
      read = stored;
      rows = stored.rows.map(({ key, value }): KeyValue => [key, value]);
    }
    if (!snapshot) {
      const [from, to] = readYourWrites
        ? rangeConflict(begin, end, read, reverse, this.maxReadKey)
        : nativeRangeConflict(begin, end, read, reverse);
      this.addReadRange(from, to);
    }
    return { rows, more: read.more };
  }
}
