/** LMDB as the data file uses it: how it is opened, closed at once, and what its errors mean. */

import { open, type RootDatabase } from "lmdb";
import { type Key, MAX_STORED_KEY } from "../../keys/index.js";
import { MAP_START, PAGE_BYTES } from "./meta-page.js";
import type { StoredValues } from "./stored-values.js";

export type Database = RootDatabase<Buffer, Key>;

/** Methods of Node's Buffer that its types leave out. */
interface LatinBuffer extends Buffer {
  latin1Write(text: string, offset: number): number;
}

/** Every stored key starts with one byte, since LMDB has no empty key. Those that are read are bytes. */
const keyEncoder = (values: StoredValues) => ({
  writeKey(key: Key, target: LatinBuffer, position: number): number {
    target[position] = 1;
    if (key.length > MAX_STORED_KEY) throw new RangeError("key too long");
    return position + 1 + target.latin1Write(key, position + 1);
  },
  readKey: (source: LatinBuffer, start: number, end: number): Buffer =>
    values.decodeKey(source, start + 1, end),
});

export interface Flushing {
  /** Of a file that need not outlive the machine: nothing is flushed. */
  readonly volatile: boolean;
  /** As builds before this one had it, which their files are settled with. */
  readonly overlapping?: boolean;
  readonly readOnly?: boolean;
}

export function openDatabase(path: string, values: StoredValues, flushing: Flushing): Database {
  return open<Buffer, Key>(path, {
    noSubdir: true,
    pageSize: PAGE_BYTES,
    mapSize: MAP_START,
    maxDbs: 1,
    // Groups are batches of their own; LMDB's would reject a promise that nobody holds when the disk is full.
    eventTurnBatching: false,
    // Every transaction is flushed before its header: one whose flush failed leaves nothing that a later one builds
    // on. With a flush that overlaps the next transaction, the pages of the failed one would pass for written.
    overlappingSync: flushing.overlapping ?? false,
    noSync: flushing.volatile,
    readOnly: flushing.readOnly ?? false,
    encoder: values,
    keyEncoder: keyEncoder(values),
  } as never);
}

/** Where nothing is left to wait for, LMDB need not wait: no read comes in between, and the next open finds it closed. */
export function closeNow(db: Database): void {
  Object.assign(db, { _endWrites: undefined });
  void db.close();
}

/** LMDB serves nothing any more after it could not write a header. */
export const isPanic = (error: unknown): boolean => error instanceof Error && /MDB_PANIC/.test(error.message);

export const isDamage = (error: unknown): boolean =>
  error instanceof Error &&
  /MDB_(CORRUPTED|INVALID|PAGE_NOTFOUND|VERSION|PANIC|BAD_TXN)|not an LMDB/.test(error.message);
