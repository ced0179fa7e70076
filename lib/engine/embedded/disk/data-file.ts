/** The LMDB file of a store: its newest flushed state, read synchronously and written in whole groups. */

import { existsSync } from "node:fs";
import { StoreCorruptError, StoreIoError } from "../../../errors.js";
import { AFTER_ALL, copyValue, type Key, MAX_STORED_KEY, MAX_SYSTEM_KEY, toKey } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import type { Change } from "./change.js";
import { checkFile } from "./check-file.js";
import { corruptStore } from "./corrupt-store.js";
import { formatChange, hasChecksums } from "./file-format.js";
import { closeNow, type Database, isDamage, isPanic, openDatabase } from "./open-database.js";
import { openFailure } from "./open-failure.js";
import { rehearseOpen } from "./rehearse-open.js";
import { writeRefusal } from "./room.js";
import { flushesLater } from "./settle-flushes.js";
import { Sealer, StoredValues } from "./stored-values.js";
import { errnoOf } from "./system-error.js";

const MAX_SYSTEM_VALUES = 100;

/** As LMDB is made to give it; its types take the keys that are read for those that are asked for. */
interface Row {
  readonly key: Buffer;
  readonly value: Buffer;
}

interface LmdbTree {
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

interface LmdbStats {
  readonly pageSize: number;
  readonly lastPageNumber: number;
  readonly lastTxnId: number;
  readonly root: LmdbTree;
  readonly free: LmdbTree;
}

export class DataFile {
  /** The write that was asked for last. One at a time: when LMDB is opened anew, no other waits in the old one. */
  private last: Promise<void> = Promise.resolve();
  /** System keys as they are in the file: every transaction reads the metadata version, which hardly ever changes. */
  private readonly system = new Map<Key, Buffer | undefined>();
  /** Read transactions of snapshots, which end with the LMDB that they are of. */
  private readonly snapshots = new Set<ReturnType<Database["useReadTransaction"]>>();
  /** The last write was refused. */
  private doubtful = false;
  private writing = false;

  private constructor(
    private db: Database,
    private readonly path: string,
    private readonly volatile: boolean,
    private readonly values: StoredValues,
    /** Nothing is written to it, whoever asks. */
    private readonly readOnly: boolean,
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
  static async open(path: string, volatile: boolean, readOnly = false): Promise<DataFile> {
    if (!readOnly) rehearseOpen(path, volatile);
    checkFile(path);
    return DataFile.openChecked(path, volatile, readOnly);
  }

  /** A volatile file that this process has written just now: its pages, however many, are not followed first. */
  static async openOwn(path: string): Promise<DataFile> {
    rehearseOpen(path, true);
    return DataFile.openChecked(path, true, false);
  }

  private static async openChecked(path: string, volatile: boolean, readOnly: boolean): Promise<DataFile> {
    try {
      const values = new StoredValues(path);
      if (!readOnly && flushesLater(path))
        closeNow(openDatabase(path, values, { volatile: false, overlapping: true }));
      const db = openDatabase(path, values, { volatile, readOnly });
      try {
        const file = new DataFile(db, path, volatile, values, readOnly);
        const checksums = hasChecksums(db, path);
        values.checksums = checksums ?? true;
        if (checksums === undefined) await file.write([formatChange()]);
        return file;
      } catch (error) {
        closeNow(db);
        throw error;
      }
    } catch (error) {
      if (error instanceof StoreCorruptError || !isDamage(error)) throw error;
      throw corruptStore(path, String(error), error);
    }
  }

  get(key: Key): Buffer | undefined {
    if (key.length > MAX_STORED_KEY) return undefined;
    return key.charCodeAt(0) === 0xff ? this.getSystem(key) : this.read(key);
  }

  private getSystem(key: Key): Buffer | undefined {
    let value = this.system.get(key);
    if (value === undefined && !this.system.has(key)) {
      value = this.read(key);
      if (this.system.size >= MAX_SYSTEM_VALUES) this.system.clear();
      this.system.set(key, value);
    }
    return value === undefined ? undefined : copyValue(value);
  }

  private read(key: Key): Buffer | undefined {
    this.values.asked = key;
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
    try {
      return rowsOf(this.db, range)[Symbol.iterator]();
    } catch (error) {
      throw this.damaged(error);
    }
  }

  /** The first `limit` keys of `[begin, end)`; their values are not read. */
  keys(begin: Key, end: Key, limit: number): Key[] {
    const low = begin.length > MAX_STORED_KEY ? begin.slice(0, MAX_STORED_KEY) : begin;
    const high = end.length > MAX_STORED_KEY ? end.slice(0, MAX_STORED_KEY) : end;
    const range = { start: low, exclusiveStart: low !== begin, end: high, inclusiveEnd: high !== end, limit };
    try {
      return Array.from(this.db.getKeys(range) as unknown as Iterable<Buffer>, toKey);
    } catch (error) {
      throw this.damaged(error);
    }
  }

  /** The file as it is now, for reads that go on while it is written; to be ended. */
  snapshot(): {
    rowsAfter(key: Key | undefined, limit: number): { readonly key: Key; readonly value: Buffer }[];
    end(): void;
  } {
    const { db } = this;
    const transaction = this.readTransaction();
    this.snapshots.add(transaction);
    return {
      rowsAfter: (key, limit) => {
        if (!this.snapshots.has(transaction)) throw lostSnapshot(this.path);
        const range = { start: key ?? "", exclusiveStart: key !== undefined, end: MAX_SYSTEM_KEY, limit };
        try {
          return Array.from(rowsOf(db, { ...range, transaction }), ({ key: at, value }) => ({
            key: toKey(at),
            value,
          }));
        } catch (error) {
          throw this.damaged(error);
        }
      },
      end: () => {
        if (this.snapshots.delete(transaction)) transaction.done();
      },
    };
  }

  private readTransaction(): ReturnType<Database["useReadTransaction"]> {
    try {
      return this.db.useReadTransaction();
    } catch (error) {
      throw this.damaged(error);
    }
  }

  /** Every row, one by one, each with what is wrong with it. */
  *examine(): Generator<{ readonly key: Key; readonly bytes: number; readonly fault: Error | undefined }> {
    this.values.lenient = true;
    try {
      for (const { key, value } of rowsOf(this.db, { start: "", end: AFTER_ALL }))
        yield { key: toKey(key), bytes: key.length + value.length, fault: this.values.fault };
    } finally {
      this.values.lenient = false;
    }
  }

  /** Bytes of the file, those of its pages that are free, and by how many writes its oldest reader is behind. */
  stat(): { readonly bytes: number; readonly freeBytes: number; readonly oldestReader: number } {
    const { pageSize, lastPageNumber, lastTxnId, root, free } = this.db.getStats() as LmdbStats;
    const pagesOf = (tree: LmdbTree): number =>
      tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages;
    const pages = lastPageNumber + 1;
    const readers = [...String(this.db.readerList()).matchAll(/(\d+)\s*$/gm)].map(([, id]) => Number(id));
    return {
      bytes: pages * pageSize,
      freeBytes: Math.max(0, pages - 2 - pagesOf(root) - pagesOf(free)) * pageSize,
      oldestReader: Math.max(0, lastTxnId - Math.min(lastTxnId, ...readers)),
    };
  }

  /** `error` of a read as what it means to the caller. */
  damaged(error: unknown): unknown {
    // LMDB gave up over a write, which comes back now, or did while a snapshot let it go on to read.
    if (isPanic(error) && (this.writing || this.revived()))
      return new EngineError(1037, "the data file is opened anew", { cause: error });
    return isDamage(error) ? corruptStore(this.path, String(error), error) : error;
  }

  /**
   * Writes all changes as one LMDB transaction, and flushes it, in the order of the calls. When it rejects, nothing of them
   * is in the file, or (when the header could not be written) all of it.
   *
   * What is written at open goes this way too: LMDB's text of a refused write tells numbers that it has not set, and is
   * longer than its room for it where the stack holds addresses. That of its own threads holds none then.
   */
  write(changes: readonly Change[]): Promise<void> {
    if (this.readOnly) return Promise.resolve();
    const turn = this.last.then(() => this.writeBatch(changes));
    this.last = turn.catch(nothing);
    return turn;
  }

  private async writeBatch(changes: readonly Change[]): Promise<void> {
    const refusal = this.refusal(changes);
    if (refusal !== undefined) throw refusal;
    this.writing = true;
    try {
      await this.db.batch(() => this.put(changes)).then(nothing, rethrowCause);
      this.doubtful = false;
    } catch (error) {
      this.doubtful = true;
      if (this.panicked(error)) this.revive();
      throw this.cause(error, changes);
    } finally {
      this.writing = false;
      // Once more: what was read while the batch was under way is what was there before it.
      this.system.clear();
    }
  }

  /** Writes and flushes before it returns; for the rare change that everything else must wait for. */
  writeSync(changes: readonly Change[]): void {
    if (this.readOnly) return;
    const refusal = this.refusal(changes);
    if (refusal !== undefined) throw refusal;
    try {
      this.db.transactionSync(() => this.put(changes));
      this.doubtful = false;
    } catch (error) {
      this.doubtful = true;
      // A write that is under way comes upon it, and then the file is let go.
      if (!this.writing && this.panicked(error)) this.revive();
      throw this.cause(error, changes);
    }
  }

  private refusal(changes: readonly Change[]): unknown {
    const free = (): number => {
      try {
        return this.stat().freeBytes;
      } catch (error) {
        throw this.damaged(error);
      }
    };
    return writeRefusal(this.path, changes, free, this.doubtful);
  }

  /** Why a write failed: LMDB calls it an I/O error when there was no room for all of it. */
  private cause(error: unknown, changes: readonly Change[]): unknown {
    return (errnoOf(error) === "EIO" ? this.refusal(changes) : undefined) ?? error;
  }

  /** The file itself is whole when LMDB serves nothing of it any more, so it is opened anew. */
  private revive(): boolean {
    // A file without a name cannot be opened again; LMDB would make another one.
    if (!existsSync(this.path)) return false;
    // What refuses it leaves the file to the next read or write that comes upon it.
    rehearseOpen(this.path, this.volatile);
    for (const transaction of this.snapshots) transaction.done();
    this.snapshots.clear();
    closeNow(this.db);
    this.db = openDatabase(this.path, this.values, { volatile: this.volatile });
    this.system.clear();
    return true;
  }

  private revived(): boolean {
    try {
      return this.revive();
    } catch (error) {
      throw openFailure(this.path, error);
    }
  }

  /** Whether LMDB serves nothing any more after a write failed with `error`. */
  private panicked(error: unknown): boolean {
    if (isPanic(error)) return true;
    try {
      this.db.resetReadTxn();
      this.values.asked = "";
      this.db.get("");
      return false;
    } catch (error) {
      return isPanic(error);
    }
  }

  private put(changes: readonly Change[]): void {
    this.system.clear();
    const sealer = this.values.checksums ? new Sealer(changes) : undefined;
    for (const [key, value] of changes) {
      if (value === undefined) this.db.remove(key);
      else this.db.put(key, sealer?.seal(key, value) ?? value);
    }
  }

  async close(): Promise<void> {
    await this.db.close();
  }
}

const lostSnapshot = (path: string): StoreIoError =>
  new StoreIoError(
    "EIO",
    `The snapshot of ${path} is gone: a write to the file failed, and it was opened anew. The store goes on; begin the ` +
      "copy again when the disk is well.",
  );

const rowsOf = (db: Database, range: Parameters<Database["getRange"]>[0]): Iterable<Row> =>
  db.getRange(range) as unknown as Iterable<Row>;

const nothing = (): void => undefined;

/** LMDB rejects with a general error that holds a promise of the particular one. */
async function rethrowCause(error: unknown): Promise<never> {
  await (error as { commitError?: Promise<never> }).commitError;
  throw error;
}
