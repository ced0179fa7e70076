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
import { addReadRange } from "./add-read-range.js";
import { Lifecycle } from "./lifecycle.js";
import { nativeRangeConflict, rangeConflict } from "./range-conflict.js";
import { batchTarget, checkRangeOptions, rowLimit } from "./range-limits.js";
import { readRange } from "./range-read.js";
import { ReadCache } from "./read-cache.js";
import { ReadView, type Visit } from "./read-view.js";
import { normalize, resolve, type Selector } from "./selector.js";
import { isSpecial, readSpecial, readSpecialRange, type SpecialRange } from "./special-keys.js";

const NONE: RangeBatch = Object.freeze({ rows: Object.freeze([]), more: false });

export abstract class Reading extends Lifecycle {
  get(key: Uint8Array, snapshot = false): Promise<Uint8Array | undefined> {
    const k = toKey(key);
    if (isSpecial(k)) return this.special(() => readSpecial(k, (name) => this.specialRanges(name)));
    return this.read(() => {
      if (k >= this.maxReadKey && k !== METADATA_VERSION_KEY) throw new EngineError(2004);
      return () => this.point(k, snapshot);
    });
  }

  getKey(selector: KeySelector, snapshot = false): Promise<Uint8Array> {
    return this.read(() => {
      const normal = this.bound(selector);
      return () => toBytes(this.select(normal, snapshot));
    });
  }

  getRange(begin: KeySelector, end: KeySelector, options: RangeOptions = {}): Promise<RangeBatch> {
    const first = toKey(begin.key);
    if (isSpecial(first)) {
      return this.special(() => {
        const rows = readSpecialRange(first, toKey(end.key), (name) => this.specialRanges(name));
        if (options.reverse) rows.reverse();
        const limit = rowLimit(options);
        return {
          rows: rows.slice(0, limit).map(([key, value]): KeyValue => [toBytes(key), value]),
          more: rows.length > limit,
        };
      });
    }
    return this.read(() => {
      checkRangeOptions(options);
      const from = this.bound(begin);
      const to = this.bound(end);
      const limit = rowLimit(options);
      if (from.offset >= to.offset && from.key >= to.key) return () => NONE;
      return () => this.range(from, to, options, limit);
    });
  }

  getReadVersion(): Promise<bigint> {
    const refusal = this.refusalDuringCommit();
    if (refusal !== undefined) return Promise.reject(refusal);
    return this.whenReached(() => BigInt(this.readVersion()));
  }

  setReadVersion(version: bigint): void {
    if (!this.mutable()) return;
    if (version <= 0n) this.defer(new EngineError(2011));
    else if (this.version !== undefined) this.defer(new EngineError(2010));
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
    if (!this.versionGiven || this.version! <= this.store.readVersion()) {
      try {
        const result = work();
        const turn = this.store.turns.next();
        return turn === undefined ? Promise.resolve(result) : turn.then(() => result);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const reached = this.store.reach(this.version!).catch((error) => {
      this.failedRead ??= error;
      throw error;
    });
    return this.interruptible(reached).then(() => {
      const stopped = this.stoppedBy();
      if (stopped !== undefined) throw stopped;
      return work();
    });
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
    const version = this.readVersion();
    if (this.store.tooOld(version)) return this.remembered.get(key);
    const value = this.store.get(key, version);
    this.cached.addPoint(key, value);
    return value;
  }

  private scanStore(begin: Key, end: Key, reverse: boolean, visit: Visit): boolean {
    const version = this.readVersion();
    if (this.store.tooOld(version)) return this.remembered.scan(begin, end, reverse, visit);
    const rows: { key: Key; value: Buffer }[] = [];
    let last: Key = "";
    const ended = this.store.overlay.scan(begin, end, reverse, version, (key, value, shared) => {
      rows.push({ key, value });
      last = key;
      return visit(key, value, shared);
    });
    if (ended) this.cached.addRange(begin, end, rows);
    else if (reverse) this.cached.addRange(last, end, rows);
    else this.cached.addRange(begin, `${last}\0`, rows);
    return ended;
  }

  /** What old reads are answered from; with read-your-writes off FoundationDB keeps nothing. */
  private get remembered(): ReadCache {
    if (!this.options.readYourWrites) throw new EngineError(1007);
    return this.cached;
  }

  private get cached(): ReadCache {
    this.cache ??= new ReadCache();
    return this.cache;
  }

  private bound(selector: KeySelector): Selector {
    if (toKey(selector.key) > this.maxReadKey) throw new EngineError(2004);
    const { key, offset } = normalize(selector);
    return { key: boundKey(key), offset };
  }

  private specialRanges(name: SpecialRange): readonly (readonly [Key, Key])[] {
    if (name === "read_conflict_range") return this.reads.coalesced();
    if (name === "write_conflict_range") return this.writes?.conflictRanges() ?? [];
    return this.conflictingRanges;
  }

  /** Special keys tell of the transaction itself: they need no version, conflict on nothing and may be read late. */
  private special<T>(run: () => T): Promise<T> {
    const refusal = this.deferredError ?? this.stoppedBy();
    if (refusal !== undefined) return Promise.reject(refusal);
    try {
      return Promise.resolve(run());
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * `prepare` validates and may throw without consequence; what it returns is the read itself, whose failure the
   * commit reports again.
   */
  private read<T>(prepare: () => () => T): Promise<T> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    let run: () => T;
    try {
      run = prepare();
    } catch (error) {
      return Promise.reject(error);
    }
    const answer = this.whenReached(() => {
      try {
        return run();
      } catch (error) {
        this.failedRead ??= error;
        throw error;
      }
    });
    if (this.versionGiven) {
      this.outstanding ??= [];
      this.outstanding.push(answer);
    }
    return answer;
  }

  private view(writes: WriteMap | undefined): ReadView {
    return new ReadView((begin, end, reverse, visit) => this.scanStore(begin, end, reverse, visit), writes);
  }

  private select(selector: Selector, snapshot: boolean): Key {
    const key = resolve(this.view(this.visibleWrites(snapshot)), selector, this.maxReadKey);
    if (!snapshot) {
      if (selector.offset <= 0) this.addReadRange(key, selector.key);
      else this.addReadRange(selector.key, `${key}\0`);
    }
    return key;
  }

  private range(begin: Selector, end: Selector, options: RangeOptions, limit: number): RangeBatch {
    const { snapshot = false, reverse = false } = options;
    const writes = this.visibleWrites(snapshot);
    const target = batchTarget(options);
    const read = readRange(this.view(writes), begin, end, reverse, limit, target, this.maxReadKey);
    if (!snapshot) {
      const [from, to] = this.options.readYourWrites
        ? rangeConflict(begin, end, read, reverse, this.maxReadKey)
        : nativeRangeConflict(begin, end, read, reverse);
      this.addReadRange(from, to);
    }
    const rows: KeyValue[] = [];
    for (const { key, value, shared } of read.rows)
      rows.push([toBytes(key), shared ? copyValue(value) : value]);
    return { rows, more: read.more };
  }
}
