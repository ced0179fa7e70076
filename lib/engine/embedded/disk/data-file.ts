/** The LMDB file of a store: its newest flushed state, read synchronously and written in whole groups. */

import { existsSync } from "node:fs";
import { open, type RootDatabase } from "lmdb";
import { StoreCorruptError } from "../../../errors.js";
import { AFTER_ALL, type Key, MAX_STORED_KEY } from "../../keys/index.js";
import type { Change } from "./change.js";
import { checkFile } from "./check-file.js";
import { corruptStore } from "./corrupt-store.js";

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

/** LMDB hands out one shared buffer; this copies out of it into Node's pool. */
const encoder = {
  encode: (value: Buffer): Buffer => value,
  decode(source: Buffer, size?: unknown): Buffer {
    const length = typeof size === "number" ? size : source.length;
    const out = Buffer.allocUnsafe(length);
    // LMDB narrows `source.length` itself, which Node's own `copy` trusts and then copies the whole of it.
    out.set(new Uint8Array(source.buffer, source.byteOffset, length));
    return out;
  },
};

interface Row {
  readonly key: Key;
  readonly value: Buffer;
}

export class DataFile {
  private constructor(
    private readonly db: RootDatabase<Buffer, Key>,
    private readonly path: string,
  ) {}

  /** Throws `StoreCorruptError` for a file that LMDB cannot read. */
  static open(path: string, volatile: boolean): DataFile {
    const incomplete = existsSync(path) && checkFile(path);
    try {
      const db = open<Buffer, Key>(path, {
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
      const file = new DataFile(db, path);
      if (incomplete) file.verify();
      return file;
    } catch (error) {
      if (error instanceof StoreCorruptError || !isDamage(error)) throw error;
      throw corruptStore(path, String(error), error);
    }
  }

  get(key: Key): Buffer | undefined {
    if (key.length > MAX_STORED_KEY) return undefined;
    try {
      return this.db.get(key);
    } catch (error) {
      throw this.damaged(error);
    }
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
    return this.db.getRange(range)[Symbol.iterator]() as Iterator<Row>;
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
      else this.db.put(key, value);
    }
  }

  /** Reads everything, so that a damaged page is found now. */
  private verify(): void {
    const rows = this.scan("", AFTER_ALL, false);
    try {
      while (rows.next().done !== true);
    } catch (error) {
      void this.db.close();
      throw corruptStore(this.path, `${error}`, error);
    }
  }

  async close(): Promise<void> {
    await this.db.close();
  }
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
