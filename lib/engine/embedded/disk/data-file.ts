/** The LMDB file of a store: its newest flushed state, read synchronously and written in whole groups. */

import { existsSync } from "node:fs";
import { open, type RootDatabase } from "lmdb";
import { StoreCorruptError } from "../../../errors.js";
import { AFTER_ALL, type Key, MAX_STORED_KEY } from "../../keys/index.js";
import type { Change } from "./change.js";
import { checkFile } from "./check-file.js";
import { corruptStore } from "./corrupt-store.js";
import { rehearseOpen } from "./rehearse-open.js";
import { roomRefusal } from "./room.js";
import { flushesLater } from "./settle-flushes.js";
import { errnoOf } from "./system-error.js";

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
    private db: RootDatabase<Buffer, Key>,
    private readonly path: string,
    private readonly volatile: boolean,
  ) {}

  /** Throws `StoreCorruptError` for a file that LMDB cannot read. */
  static open(path: string, volatile: boolean): DataFile {
    rehearseOpen(path);
    const incomplete = existsSync(path) && checkFile(path);
    try {
      if (existsSync(path) && flushesLater(path)) closeNow(openDatabase(path, false, true));
      const file = new DataFile(openDatabase(path, volatile), path, volatile);
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

  /** `error` of a read as what it means to the caller. */
  damaged(error: unknown): unknown {
    return isDamage(error) ? corruptStore(this.path, String(error), error) : error;
  }

  /**
   * Writes all changes as one LMDB transaction, and flushes it. When it rejects, nothing of them is in the file, or
   * (when the header could not be written) all of it.
   */
  async write(changes: Iterable<Change>): Promise<void> {
    try {
      await this.db.batch(() => this.put(changes)).then(nothing, rethrowCause);
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** Writes and flushes before it returns; for the rare change that everything else must wait for. */
  writeSync(changes: Iterable<Change>): void {
    try {
      this.db.transactionSync(() => this.put(changes));
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** What a failed write means, after which the file serves again. */
  private failed(error: unknown): unknown {
    if (isPanic(error) || this.panics()) this.revive();
    return (errnoOf(error) === "EIO" ? roomRefusal(this.path) : undefined) ?? error;
  }

  /** LMDB serves nothing any more after it could not write a header; the file itself is whole, so it is opened anew. */
  private revive(): void {
    closeNow(this.db);
    this.db = openDatabase(this.path, this.volatile);
  }

  private panics(): boolean {
    try {
      this.db.resetReadTxn();
      this.db.get("");
      return false;
    } catch (error) {
      return isPanic(error);
    }
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

function openDatabase(path: string, volatile: boolean, overlappingSync = false): RootDatabase<Buffer, Key> {
  return open<Buffer, Key>(path, {
    noSubdir: true,
    pageSize: 8192,
    mapSize: MAP_START,
    maxDbs: 1,
    // Groups are batches of their own; LMDB's would reject a promise that nobody holds when the disk is full.
    eventTurnBatching: false,
    // Every transaction is flushed before its header: one whose flush failed leaves nothing that a later one builds
    // on. With a flush that overlaps the next transaction, the pages of the failed one would pass for written.
    overlappingSync,
    noSync: volatile,
    encoder,
    keyEncoder,
  } as never);
}

/** Where nothing is left to wait for, LMDB need not wait: no read comes in between, and the next open finds it closed. */
function closeNow(db: RootDatabase<Buffer, Key>): void {
  Object.assign(db, { _endWrites: undefined });
  void db.close();
}

const isPanic = (error: unknown): boolean => error instanceof Error && /MDB_PANIC/.test(error.message);

const isDamage = (error: unknown): boolean =>
  error instanceof Error &&
  /MDB_(CORRUPTED|INVALID|PAGE_NOTFOUND|VERSION|PANIC|BAD_TXN)|not an LMDB/.test(error.message);

const nothing = (): void => undefined;

/** LMDB rejects with a general error that holds a promise of the particular one. */
async function rethrowCause(error: unknown): Promise<never> {
  await (error as { commitError?: Promise<never> }).commitError;
  throw error;
}
