/** The keys under which a store notes things about itself: the promised version, and the use of a journal. */

import { type Key, MAX_SYSTEM_KEY } from "../../keys/index.js";

/** The format of the file's values; a file of the first builds has no such key. */
export const FORMAT_KEY: Key = `${MAX_SYSTEM_KEY}/plinth/format`;
/** A version that nothing handed out has reached; a restart begins there. */
export const PROMISE_KEY: Key = `${MAX_SYSTEM_KEY}/plinth/versions`;
/** While a journal is in use: the version up to which the data file has everything. */
export const JOURNAL_KEY: Key = `${MAX_SYSTEM_KEY}/plinth/journal`;

/** Begins the notes of ranges that are cleared and not yet gone from the file. */
export const CLEAR_PREFIX: Key = `${MAX_SYSTEM_KEY}/plinth/clear/`;
/** Begins the notes of what was written into such ranges after their clear. */
export const KEPT_PREFIX: Key = `${MAX_SYSTEM_KEY}/plinth/kept/`;

/** Where a new store begins. */
const FIRST_VERSION = 1_000_000;

export function encodeVersion(version: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(version));
  return bytes;
}

/** What is asked here of a data file. */
interface Rows {
  get(key: Key): Buffer | undefined;
}

function versionAt(file: Rows, key: Key): number | undefined {
  const bytes = file.get(key);
  return bytes === undefined ? undefined : Number(bytes.readBigUInt64BE(0));
}

/** The version that a file promises never to have exceeded. */
export const promisedVersion = (file: Rows): number => versionAt(file, PROMISE_KEY) ?? FIRST_VERSION;

/** The version up to which the file needs no journal; undefined when it has none. */
export const journaledFrom = (file: Rows): number | undefined => versionAt(file, JOURNAL_KEY);
