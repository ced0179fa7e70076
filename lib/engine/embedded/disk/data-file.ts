/** The LMDB file of a store: its newest flushed state, read synchronously and written in whole groups. */

import { existsSync } from "node:fs";
import { open, type RootDatabase } from "lmdb";
import { StoreCorruptError } from "../../../errors.js";
import { AFTER_ALL, type Key, MAX_STORED_KEY, MAX_SYSTEM_KEY } from "../../keys/index.js";
import type { Change } from "./change.js";
import { checkFile } from "./check-file.js";
import { CHECKSUM, checksumOf, sealed, valueHash } from "./checksum.js";
import { corruptRow, corruptStore } from "./corrupt-store.js";
import { FORMAT_KEY, PROMISE_KEY } from "./store-keys.js";

/** Of the promised version. */
const PROMISE_BYTES = 8;
const MAP_START = 16 * 1024 * 1024;

/** Methods of Node's Buffer that its types leave out. */
interface LatinBuffer extends Buffer {
  latin1Write(text: string, offset: number): number;
  latin1Slice(start: number, end: number): string;
}

/** Every stored key starts with one byte, since LMDB has no empty key. */
const keyEncoder = {
  writeKey(key: Key, target: LatinBuffer, position: number): number {
    target[position] = 1;
    if (key.length > MAX_STORED_KEY) throw new RangeError("key too long");
    return position + 1 + target.latin1Write(key, position + 1);
  },
  readKey(source: LatinBuffer, start: number, end: number): Key {
    return source.latin1Slice(start + 1, end);
  },
};

/** How the values of a file stand in it: bare, as earlier builds wrote them, or each with its checksum. */
const FORMATS = { bare: 1, checksums: 2 } as const;

/** Copies values out of the one buffer that LMDB hands out, into Node's pool. */
class StoredValues {
  checksums = false;
  /** Of the value decoded last, for the caller that knows its key; reads of LMDB finish before they return. */
  private length = 0;
  private hash = 0;
  private checksum = 0;

  encode(value: Buffer): Buffer {
    return value;
  }

  decode(source: Buffer, size?: unknown): Buffer {
    const whole = typeof size === "number" ? size : source.length;
    if (!this.checksums) return copied(source, whole);
    const length = whole - CHECKSUM;
    this.length = length;
    if (length < 0) return Buffer.alloc(0);
    this.hash = valueHash(source, length);
    this.checksum = source[length]! | (source[length + 1]! << 8) | (source[length + 2]! << 16);
    this.checksum = (this.checksum | (source[length + 3]! << 24)) >>> 0;
    return copied(source, length);
  }

  /** Whether the value decoded last is what was written under `key`. */
  intact(key: Key): boolean {
    return this.length >= 0 && checksumOf(key, this.hash) === this.checksum;
  }
}

function copied(source: Buffer, length: number): Buffer {
  const out = Buffer.allocUnsafe(length);
  // LMDB narrows `source.length` itself, which Node's own `copy` trusts and then copies the whole of it.
  out.set(new Uint8Array(source.buffer, source.byteOffset, length));
  return out;
}

interface Row {
  readonly key: Key;
  readonly value: Buffer;
}

export class DataFile {
  private constructor(
    private readonly db: RootDatabase<Buffer, Key>,
    private readonly path: string,
    private readonly values: StoredValues,
  ) {}

  /** Whether values carry checksums, which every read verifies; those of the first builds do not. */
  get checksums(): boolean {
    return this.values.checksums;
  }

  /**
   * A file that does not exist is made, with checksums.
   *
   * @throws StoreCorruptError for a file that LMDB cannot read
   */
  static open(path: string, volatile: boolean): DataFile {
    if (existsSync(path)) checkFile(path);
    try {
      const values = new StoredValues();
      const db = openFile(path, volatile, values);
      try {
        values.checksums = formatOf(db, path) === FORMATS.checksums;
      } catch (error) {
        void db.close();
        throw error;
      }
      return new DataFile(db, path, values);
    } catch (error) {
      if (error instanceof StoreCorruptError || !isDamage(error)) throw error;
      throw corruptStore(path, String(error), error);
    }
  }

  get(key: Key): Buffer | undefined {
    if (key.length > MAX_STORED_KEY) return undefined;
    let value: Buffer | undefined;
    try {
      value = this.db.get(key);
    } catch (error) {
      throw this.damaged(error);
    }
    if (value !== undefined && this.values.checksums) this.verify(key);
    return value;
  }

  /** Throws for a row, just read, that is not what was written. */
  private verify(key: Key): void {
    if (!this.values.intact(key)) throw corruptRow(this.path, key);
  }

  /** Rows of `[begin, end)`, descending when `reverse`. */
  scan(begin: Key, end: Key, reverse: boolean): Iterator<Row> {
    const low = begin.length > MAX_STORED_KEY ? begin.slice(0, MAX_STORED_KEY) : begin;
    const high = end.length > MAX_STORED_KEY ? end.slice(0, MAX_STORED_KEY) : end;
    // A cut bound stands for every longer key, so the stored key equal to it lies before the bound.
    const skipLow = low !== begin;
    const takeHigh = high !== end;
    const range = reverse
      ? { start: high, exclusiveStart: !takeHigh, end: low, inclusiveEnd: !skipLow, reverse: true }
      : { start: low, exclusiveStart: skipLow, end: high, inclusiveEnd: takeHigh };
    const rows = this.db.getRange(range)[Symbol.iterator]() as Iterator<Row>;
    return this.checksums ? this.verified(rows) : rows;
  }

  private verified(rows: Iterator<Row>): Iterator<Row> {
    return {
      next: () => {
        const row = rows.next();
        if (row.done !== true) this.verify(row.value.key);
        return row;
      },
      return: () => rows.return?.() ?? { done: true, value: undefined },
    };
  }

  /** The first `limit` keys of `[begin, end)`; their values are not read. */
  keys(begin: Key, end: Key, limit: number): Key[] {
    const low = begin.length > MAX_STORED_KEY ? begin.slice(0, MAX_STORED_KEY) : begin;
    const high = end.length > MAX_STORED_KEY ? end.slice(0, MAX_STORED_KEY) : end;
    const range = { start: low, exclusiveStart: low !== begin, end: high, inclusiveEnd: high !== end, limit };
    try {
      return [...this.db.getKeys(range)];
    } catch (error) {
      throw this.damaged(error);
    }
  }

  /** The file as it is now, for reads that go on while it is written; to be ended. */
  snapshot(): { rowsAfter(key: Key | undefined, limit: number): Row[]; end(): void } {
    const transaction = this.db.useReadTransaction();
    return {
      rowsAfter: (key, limit) => {
        const range = { start: key ?? "", exclusiveStart: key !== undefined, end: MAX_SYSTEM_KEY, limit };
        const rows: Row[] = [];
        try {
          for (const { key: at, value } of this.db.getRange({ ...range, transaction })) {
            if (this.values.checksums) this.verify(at);
            rows.push({ key: at, value });
          }
        } catch (error) {
          throw this.damaged(error);
        }
        return rows;
      },
      end: () => transaction.done(),
    };
  }

  /** Rows after `key`, one by one, each with what is wrong with it. */
  *examine(): Generator<{ readonly key: Key; readonly bytes: number; readonly fault: Error | undefined }> {
    for (const { key, value } of this.db.getRange({ start: "", end: AFTER_ALL })) {
      // What earlier builds have written is told by its length alone.
      const intact = !this.values.checksums || this.values.intact(key);
      yield { key, bytes: key.length + value.length, fault: intact ? undefined : corruptRow(this.path, key) };
    }
  }

  /** `error` of a read as what it means to the caller. */
  damaged(error: unknown): unknown {
    return isDamage(error) ? corruptStore(this.path, String(error), error) : error;
  }

  /**
   * Writes all changes as one LMDB transaction. `written` resolves when a crash of the process cannot lose it,
   * `synced` when a power cut cannot either.
   */
  write(changes: Iterable<Change>): {
    written: Promise<void>;
    synced: Promise<void>;
  } {
    const written = this.db.batch(() => this.put(changes)).then(nothing, rethrowCause);
    // `flushed` is a thenable whose `then` must be called now: later it would stand for a later flush.
    const flushed = new Promise<void>((resolve, reject) => {
      this.db.flushed.then(() => resolve(), reject);
    });
    flushed.catch(nothing);
    // LMDB's flush promise stays pending after a failed commit, so failure comes from the commit.
    const synced = written.then(() => flushed);
    synced.catch(nothing);
    return { written, synced };
  }

  /** Writes and flushes before it returns; for the rare change that everything else must wait for. */
  writeSync(changes: Iterable<Change>): void {
    this.db.transactionSync(() => this.put(changes));
  }

  private put(changes: Iterable<Change>): void {
    for (const [key, value] of changes) {
      if (value === undefined) this.db.remove(key);
      else this.db.put(key, this.checksums ? sealed(key, value) : value);
    }
  }

  async close(): Promise<void> {
    await this.db.close();
  }
}

function openFile(path: string, volatile: boolean, encoder: StoredValues): RootDatabase<Buffer, Key> {
  return open<Buffer, Key>(path, {
    noSubdir: true,
    pageSize: 8192,
    mapSize: MAP_START,
    maxDbs: 1,
    // Groups are batches of their own; LMDB's would reject a promise that nobody holds when the disk is full.
    eventTurnBatching: false,
    ...(volatile ? { noSync: true } : { overlappingSync: true }),
    encoder,
    keyEncoder,
  } as never);
}

/** The format of the file, which is that of this build when nothing is in it yet. */
function formatOf(db: RootDatabase<Buffer, Key>, path: string): number {
  const note = db.get(FORMAT_KEY);
  const promise = db.get(PROMISE_KEY);
  if (note !== undefined) {
    const [format] = note;
    // Each knows of the other, so that a damaged note is not taken for a file without checksums.
    const agrees = promise === undefined || promise.length === PROMISE_BYTES + CHECKSUM;
    if (format === FORMATS.checksums && note.equals(sealed(FORMAT_KEY, note.subarray(0, 1))) && agrees)
      return FORMATS.checksums;
    throw corruptStore(path, "the note of its format is damaged, or of a newer release of Plinth");
  }
  if (promise !== undefined && promise.length !== PROMISE_BYTES)
    throw corruptStore(path, "the note of its format is missing");
  if (promise !== undefined || [...db.getKeys({ start: "", end: AFTER_ALL, limit: 1 })].length > 0)
    return FORMATS.bare;
  db.transactionSync(() => {
    // A promise that is returned here would be waited for, for ever.
    void db.put(FORMAT_KEY, sealed(FORMAT_KEY, Buffer.of(FORMATS.checksums)));
  });
  return FORMATS.checksums;
}

const isDamage = (error: unknown): boolean =>
  error instanceof Error &&
  /MDB_(CORRUPTED|INVALID|PAGE_NOTFOUND|VERSION|PANIC|BAD_TXN)|not an LMDB/.test(error.message);

const nothing = (): void => undefined;

/** LMDB rejects with a general error that holds a promise of the particular one. */
async function rethrowCause(error: unknown): Promise<never> {
  await (error as { commitError?: Promise<never> }).commitError;
  throw error;
}
