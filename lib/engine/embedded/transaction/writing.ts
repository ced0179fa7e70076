/** The writes of a transaction, with its conflict ranges and watches.
 *
 * A write never throws for a rule of FoundationDB: the error waits for the next read or the commit, as in the
 * C client. Only an inverted conflict range throws at once.
 */

import {
  AFTER_ALL,
  boundKey,
  type Key,
  MAX_KEY,
  MAX_KEY_BYTES,
  MAX_STORED_KEY,
  MAX_SYSTEM_KEY,
  MAX_VALUE_BYTES,
  METADATA_VERSION_KEY,
  ownValue,
  RangeSet,
  readKeyLimit,
  sameValue,
  toKey,
} from "../../keys/index.js";
import type { Watch } from "../../port/index.js";
import { EngineError, MutationType } from "../../port/index.js";
import { fillStamp, NativeWrites, stampedRange, stampPosition, WriteMap } from "../../writes/index.js";
import { EmbeddedWatch } from "../store/index.js";
import { Reading } from "./reading.js";

const operations = new Set<number>(Object.values(MutationType));
/** What `\xff/metadataVersion` may be set to: a stamp at position 0. */
const METADATA_VERSION_OPERAND = Buffer.alloc(14);

export abstract class Writing extends Reading {
  set(key: Uint8Array, value: Uint8Array): void {
    const k = toKey(key);
    const operand = ownValue(value);
    this.mutate(k, (conflict) => {
      if (k === METADATA_VERSION_KEY) throw new EngineError(2000);
      this.checkWritable(k);
      this.size += 53 + 3 * k.length + operand.length;
      checkSizes(k, operand, 0);
      this.own().set(k, operand, conflict);
      this.ownWrite(k, operand, true);
    });
  }

  clear(key: Uint8Array): void {
    const k = toKey(key);
    this.mutate(k, (conflict) => {
      this.checkWritable(k);
      if (k.length > readKeyLimit(k)) return;
      this.size += 50 + 4 * k.length;
      this.own().clear(k, conflict);
      this.ownWrite(k, undefined, true);
    });
  }

  clearRange(begin: Uint8Array, end: Uint8Array): void {
    const b = toKey(begin);
    const e = toKey(end);
    if (b > e) {
      // Refused before anything else is looked at, even on a transaction that was committed.
      this.defer(new EngineError(2005));
      return;
    }
    this.mutate(b, (conflict) => {
      if (b > this.maxWriteKey || e > this.maxWriteKey) throw new EngineError(2004);
      const from = boundKey(b);
      const to = boundKey(e);
      if (from >= to) return;
      this.size += 52 + 2 * (from.length + to.length);
      this.own().clearRange(from, to, conflict);
      for (const watch of this.watches ?? [])
        if (watch.key >= from && watch.key < to) watch.overwritten(undefined);
    });
  }

  atomic(type: MutationType, key: Uint8Array, operand: Uint8Array): void {
    const k = toKey(key);
    const value = ownValue(operand);
    this.mutate(k, (conflict) => {
      if (k === METADATA_VERSION_KEY) {
        if (type !== MutationType.setVersionstampedValue || !sameValue(value, METADATA_VERSION_OPERAND))
          throw new EngineError(2000);
      } else this.checkWritable(k);
      if (!operations.has(type)) throw new EngineError(2018);
      checkSizes(k, value, type === MutationType.setVersionstampedKey ? 4 : 0);
      if (type === MutationType.setVersionstampedKey) this.stampKey(k, value);
      else {
        if (type === MutationType.setVersionstampedValue && stampPosition(value) === undefined)
          throw new EngineError(2000, "the operand names no place for a versionstamp");
        this.size += 53 + 3 * k.length + value.length;
        this.own().atomic(type, k, value, conflict);
        this.ownWrite(k, undefined, false);
      }
    });
  }

  addReadConflictRange(begin: Uint8Array, end: Uint8Array): void {
    const range = this.conflictRange(begin, end, this.maxReadKey);
    if (range !== undefined) this.addReadRange(range[0], range[1]);
  }

  addWriteConflictRange(begin: Uint8Array, end: Uint8Array): void {
    const range = this.conflictRange(begin, end, this.maxWriteKey);
    if (range === undefined) return;
    this.size += 24 + range[0].length + range[1].length;
    this.own().addConflict(range[0], range[1]);
  }

  watch(key: Uint8Array): Watch {
    const k = toKey(key);
    try {
      const refusal = this.refusal();
      if (refusal !== undefined) throw refusal;
      if (!this.options.readYourWrites) throw new EngineError(1034);
      if (k >= this.maxReadKey && k !== METADATA_VERSION_KEY) throw new EngineError(2004);
      if (k.length > maxKeyBytes(k)) throw new EngineError(2102);
      this.asked = true;
      return this.begunWatch(k);
    } catch (error) {
      return EmbeddedWatch.failed(error);
    }
  }

  /** The commit waits for the value it starts from, but does not fail when that cannot be read. */
  private begunWatch(key: Key): EmbeddedWatch {
    if (!this.ahead) {
      const watch = this.store.watches.create(key, this.host);
      try {
        watch.begin(this.point(key, false));
      } catch (error) {
        watch.fail(error);
      }
      this.watches ??= [];
      this.watches.push(watch);
      return watch;
    }
    const watch = this.store.watches.create(key, this.host);
    this.watches ??= [];
    this.watches.push(watch);
    const read = this.whenReached(() => watch.begin(this.point(key, false)));
    this.waitAtCommit(
      read.catch((error) => watch.fail(error)),
      false,
    );
    return watch;
  }

  getApproximateSize(): Promise<number> {
    const { deferredError } = this;
    return deferredError === undefined ? Promise.resolve(this.size) : Promise.reject(deferredError);
  }

  protected override writeConflicts(): readonly (readonly [Key, Key])[] {
    const all = new RangeSet();
    for (const [begin, end] of this.writes?.conflictRanges() ?? []) all.add(begin, end);
    for (const template of this.stampedKeys) {
      const [begin, end] = this.stampedRange(template);
      all.add(begin, end);
    }
    return all.within("", AFTER_ALL);
  }

  protected get maxWriteKey(): Key {
    return this.options.systemAccess === "write" ? MAX_SYSTEM_KEY : MAX_KEY;
  }

  private own(): WriteMap | NativeWrites {
    this.writes ??= this.options.readYourWrites ? new WriteMap() : new NativeWrites();
    return this.writes;
  }

  private mutate(key: Key, run: (conflict: boolean) => void): void {
    if (this.deferredError !== undefined) return;
    try {
      if (key.startsWith("\xff\xff")) throw new EngineError(2114);
      // The flag is used up by the next write even when that write is refused.
      const conflict = !this.options.nextWriteNoConflict;
      this.options.nextWriteNoConflict = false;
      if (this.mutable()) run(conflict);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      this.defer(error);
    }
  }

  private checkWritable(key: Key): void {
    if (key >= this.maxWriteKey) throw new EngineError(2004);
  }

  private stampedRange(template: Uint8Array): readonly [Key, Key] {
    const range = stampedRange(template, this.version ?? 0, this.committedStamp);
    return range[1] > this.maxReadKey ? [range[0], this.maxReadKey] : range;
  }

  private stampKey(template: Key, value: Buffer): void {
    const bytes = Buffer.from(template, "latin1");
    const position = stampPosition(bytes);
    if (position === undefined) throw new EngineError(2000, "the key names no place for a versionstamp");
    const lowest = fillStamp(bytes, position, this.version ?? 0);
    this.stampedKeys.push(bytes);
    this.size += 53 + 3 * template.length + value.length;
    const own = this.own();
    if (own instanceof WriteMap) {
      const [begin, end] = this.stampedRange(bytes);
      own.hide(begin, end);
    }
    const key = lowest.toString("latin1");
    own.atomic(MutationType.setVersionstampedKey, key, value, false);
    this.ownWrite(key, undefined, false);
  }

  /** A watch of this transaction fires at once when its own later write changes the value. */
  private ownWrite(key: Key, value: Uint8Array | undefined, known: boolean): void {
    if (this.watches === undefined) return;
    for (const watch of this.watches)
      if (watch.key === key) {
        if (known) watch.overwritten(value);
        else watch.fire();
      }
  }

  private conflictRange(begin: Uint8Array, end: Uint8Array, limit: Key): readonly [Key, Key] | undefined {
    const b = toKey(begin);
    const e = toKey(end);
    if (b > e) throw new EngineError(2005);
    if (!this.mutable()) return undefined;
    const metadataVersion = b === METADATA_VERSION_KEY && e === `${b}\0`;
    if ((b > limit || e > limit) && !metadataVersion) {
      this.defer(new EngineError(2004));
      return undefined;
    }
    const range = [boundKey(b), boundKey(e)] as const;
    return range[0] < range[1] ? range : undefined;
  }
}

function maxKeyBytes(key: Key): number {
  // LMDB takes less than FoundationDB's 10,000 bytes: the one declared difference between the engines.
  return Math.min(key.startsWith("\xff") ? 30_000 : MAX_KEY_BYTES, MAX_STORED_KEY);
}

function checkSizes(key: Key, value: Uint8Array, suffix: number): void {
  if (key.length > maxKeyBytes(key) + suffix) throw new EngineError(2102, `the key has ${key.length} bytes`);
  if (value.length > MAX_VALUE_BYTES) throw new EngineError(2103, `the value has ${value.length} bytes`);
}
