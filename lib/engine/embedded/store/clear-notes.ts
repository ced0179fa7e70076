/** How a store notes, beside its rows, which ranges are cleared and what was written there since.
 *
 * Both are rows like others: they reach the journal and the file with the commit they belong to.
 */

import { type Key, toKey } from "../../keys/index.js";
import { CLEAR_PREFIX, type DataFile, KEPT_PREFIX } from "../disk/index.js";
import type { RangeClear } from "../versions/index.js";

/** A key with a value that is newer than a clear over it. */
export interface KeptKey {
  readonly key: Key;
  readonly version: number;
}

const HEX = 14;
const hex = (version: number): string => version.toString(16).padStart(HEX, "0");

/** The key of the n-th clear of a commit. */
export const clearKey = (version: number, n: number): Key => `${CLEAR_PREFIX}${hex(version)}/${n}`;
export const keptKey = (version: number): Key => `${KEPT_PREFIX}${hex(version)}`;

/** Keys one after the other, each after its length. */
export function encodeKeys(keys: readonly Key[]): Buffer {
  const bytes = Buffer.allocUnsafe(keys.reduce((sum, key) => sum + 4 + key.length, 0));
  let at = 0;
  for (const key of keys) {
    at = bytes.writeUInt32LE(key.length, at);
    at += bytes.write(key, at, "latin1");
  }
  return bytes;
}

function decodeKeys(bytes: Buffer): Key[] {
  const keys: Key[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    keys.push(bytes.toString("latin1", at + 4, end));
    at = end;
  }
  return keys;
}

/** The range that a note of a clear names; undefined for another key. */
export function clearOf(id: Key, note: Buffer | undefined): RangeClear | undefined {
  if (note === undefined || !id.startsWith(CLEAR_PREFIX)) return undefined;
  const [begin, end] = decodeKeys(note);
  if (begin === undefined || end === undefined) return undefined;
  return { id, begin, end, version: versionIn(id, CLEAR_PREFIX) };
}

const versionIn = (key: Key, prefix: Key): number =>
  Number.parseInt(key.slice(prefix.length, prefix.length + HEX), 16);

/** The clears that an earlier process left at work, oldest first. */
export function storedClears(file: DataFile): RangeClear[] {
  return rowsOf(file, CLEAR_PREFIX)
    .map(({ key, value }) => clearOf(key, value))
    .filter((clear) => clear !== undefined);
}

/** What was written into them since, oldest first. */
export function storedKept(file: DataFile): KeptKey[] {
  return rowsOf(file, KEPT_PREFIX).flatMap(({ key, value }) =>
    decodeKeys(value).map((kept) => ({ key: kept, version: versionIn(key, KEPT_PREFIX) })),
  );
}

function rowsOf(file: DataFile, prefix: Key): { key: Key; value: Buffer }[] {
  const rows: { key: Key; value: Buffer }[] = [];
  const scan = file.scan(prefix, `${prefix}\xff`, false);
  for (let row = scan.next(); row.done !== true; row = scan.next()) {
    const { key, value } = row.value;
    rows.push({ key: toKey(key), value });
  }
  return rows;
}
