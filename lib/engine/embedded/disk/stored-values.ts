/** Values between LMDB and the store: copied out of LMDB's buffer and compared with their checksums, or into one with them. */

import { markAsUntransferable } from "node:worker_threads";
import type { StoreCorruptError } from "../../../errors.js";
import { type Key, MAX_JOINED } from "../../keys/index.js";
import type { Change } from "./change.js";
import {
  CHECKSUM,
  checksumAt,
  checksumOf,
  copiedHash,
  newSlab,
  type Slab,
  slabHash,
  valueHash,
} from "./checksum.js";
import { corruptRow } from "./corrupt-store.js";

/** As Node's own pool: whoever keeps one value keeps no more than this of others. */
const SLAB = 8192;

/** Whoever gives a value to another thread gives a copy: to move its memory would take that of other values too. */
function sharedSlab(): Slab {
  const slab = newSlab(SLAB);
  markAsUntransferable(slab.memory);
  return slab;
}

/** Sealed values stand together in pieces of so many bytes, unless there are less. */
const SEALED_AT_ONCE = 1 << 16;

const inWords = (length: number): number => (length + 3) & ~3;

/** Bytes of which LMDB takes those from `start` to `end`. */
type Part = Buffer & { start: number; end: number };

/** Gives the values of one write their checksums. LMDB reads them until it is done, so none is overwritten. */
export class Sealer {
  private left = 0;
  private slab: Slab = EMPTY;
  private used = 0;

  constructor(changes: readonly Change[]) {
    for (const [, value] of changes) if (value !== undefined) this.left += inWords(value.length + CHECKSUM);
  }

  /** The value as it stands in the file; valid until the next one is sealed, as LMDB takes note of it at once. */
  seal(key: Key, value: Uint8Array): Part {
    const { length } = value;
    const room = inWords(length + CHECKSUM);
    if (this.used + room > this.slab.bytes.length) {
      this.slab = newSlab(Math.max(room, Math.min(this.left, SEALED_AT_ONCE)));
      this.used = 0;
    }
    const start = this.used;
    this.used += room;
    this.left -= room;
    const bytes = this.slab.bytes as Part;
    bytes.set(value, start);
    bytes.writeUInt32LE(checksumOf(key, slabHash(this.slab, start, length)), start + length);
    bytes.start = start;
    bytes.end = start + length + CHECKSUM;
    return bytes;
  }
}

const EMPTY = newSlab(0);

/** One value as it stands in the file. */
export function sealed(key: Key, value: Buffer): Buffer {
  const bytes = new Sealer([[key, value]]).seal(key, value);
  return bytes.subarray(bytes.start, bytes.end);
}

/**
 * Copies rows out of the buffers that LMDB hands out, each for whoever asked for it, and refuses those that are not what
 * was written. A key and its value stand side by side.
 */
export class StoredValues {
  checksums = false;
  /** The key that one value is asked for; undefined where rows are read, each of which tells its key first. */
  asked: Key | undefined;
  /** Of the value read last, where damage is not refused. */
  fault: StoreCorruptError | undefined;
  /** Damage is noted in `fault`, and reading goes on. */
  lenient = false;
  private slab = sharedSlab();
  private used = 0;
  private keySlab = this.slab;
  private keyAt = 0;
  private keyLength = 0;

  constructor(private readonly path: string) {}

  encode(value: Buffer): Buffer {
    return value;
  }

  /** The key of the row that LMDB has come to. */
  decodeKey(source: Buffer, start: number, end: number): Buffer {
    const length = end - start;
    const short = length <= MAX_JOINED;
    const at = short ? this.reserve(length) : 0;
    const slab = short ? this.slab : newSlab(inWords(length));
    if (length > SHORT) slab.bytes.set(new Uint8Array(source.buffer, source.byteOffset + start, length), at);
    else for (let i = 0; i < length; i++) slab.bytes[at + i] = source[start + i]!;
    this.asked = undefined;
    this.keySlab = slab;
    this.keyAt = at;
    this.keyLength = length;
    return Buffer.from(slab.memory, at, length);
  }

  decode(source: Buffer, size?: unknown): Buffer {
    const whole = typeof size === "number" ? size : source.length;
    const length = this.checksums ? whole - CHECKSUM : whole;
    this.fault = undefined;
    if (length < 0) {
      this.refuse();
      return Buffer.alloc(0);
    }
    if (length > MAX_JOINED) {
      if (this.checksums) this.compare(source, length, valueHash(source, length));
      return copied(source, length);
    }
    const at = this.reserve(length);
    const hash = copiedHash(source, length, this.slab, at);
    if (this.checksums) this.compare(source, length, hash);
    return Buffer.from(this.slab.memory, at, length);
  }

  /** Where so many bytes have room in the slab. */
  private reserve(length: number): number {
    const room = inWords(length);
    if (this.used + room > SLAB) {
      this.slab = sharedSlab();
      this.used = 0;
    }
    this.used += room;
    return this.used - room;
  }

  private compare(source: Buffer, length: number, hash: number): void {
    const checksum =
      this.asked === undefined
        ? checksumAt(this.keySlab, this.keyAt, this.keyLength, hash)
        : checksumOf(this.asked, hash);
    const low = source[length]! | (source[length + 1]! << 8) | (source[length + 2]! << 16);
    if ((low | (source[length + 3]! << 24)) !== (checksum | 0)) this.refuse();
  }

  private refuse(): void {
    const { keySlab, keyAt, keyLength } = this;
    const key = this.asked ?? keySlab.bytes.toString("latin1", keyAt, keyAt + keyLength);
    this.fault = corruptRow(this.path, key);
    if (!this.lenient) throw this.fault;
  }
}

/** Up to here a loop beats a view of the bytes and the call that copies it. */
const SHORT = 48;

function copied(source: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  // LMDB narrows `source.length` itself, which Node's own `copy` trusts and then copies the whole of it.
  out.set(new Uint8Array(source.buffer, source.byteOffset, length));
  return out;
}
