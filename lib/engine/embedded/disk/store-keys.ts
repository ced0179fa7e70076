/** The keys under which a store notes things about itself: its identity, its lives, its newest version, its journal. */

import { randomBytes } from "node:crypto";
import { type Key, MAX_SYSTEM_KEY } from "../../keys/index.js";
import type { Change } from "./change.js";

/** What is asked here of a data file. */
interface Rows {
  get(key: Key): Buffer | undefined;
}

const key = (name: string): Key => `${MAX_SYSTEM_KEY}/plinth/${name}`;

/** The format of the file's values; a file of the first builds has no such key. */
export const FORMAT_KEY = key("format");
/** A version that nothing handed out has reached; a restart begins there. */
export const PROMISE_KEY = key("versions");
/** While a journal is in use: the version up to which the data file has everything, and the journal's identity. */
export const JOURNAL_KEY = key("journal");
/** The journal that ended last, all of which is in the data file: its newest version and its identity. */
const ENDED_KEY = key("journal-ended");
/** The version of the newest commit in the data file. */
const COMMIT_KEY = key("commit");
/** Sixteen random bytes that the store was given when it was made. */
const STORE_KEY = key("store");
/** The lives of the store, see `lives.ts`. */
const LIVES_KEY = key("lives");

/** Begins the notes of ranges that are cleared and not yet gone from the file. */
export const CLEAR_PREFIX = key("clear/");
/** Begins the notes of what was written into such ranges after their clear. */
export const KEPT_PREFIX = key("kept/");

/** Where a new store begins. */
const FIRST_VERSION = 1_000_000;
const VERSION_BYTES = 8;
const IDENTITY_BYTES = 16;

export function encodeVersion(version: number): Buffer {
  const bytes = Buffer.alloc(VERSION_BYTES);
  bytes.writeBigUInt64BE(BigInt(version));
  return bytes;
}

const decodeVersion = (bytes: Buffer): number => Number(bytes.readBigUInt64BE(0));

function versionAt(file: Rows, at: Key): number | undefined {
  const bytes = file.get(at);
  return bytes === undefined ? undefined : decodeVersion(bytes);
}

/** The version that a file promises never to have exceeded. */
export const promisedVersion = (file: Rows): number => versionAt(file, PROMISE_KEY) ?? FIRST_VERSION;

/** The version of the newest commit that the file has; undefined in a new store and in those of earlier builds. */
export const committedVersion = (file: Rows): number | undefined => versionAt(file, COMMIT_KEY);

export const newIdentity = (): Buffer => randomBytes(IDENTITY_BYTES);

export const storeIdentity = (file: Rows): Buffer | undefined => file.get(STORE_KEY);

export const storedLives = (file: Rows): Buffer | undefined => file.get(LIVES_KEY);

/** A journal as the data file knows it. */
export interface JournalNote {
  readonly version: number;
  /** In hexadecimal; undefined for a journal of the first format, which has none. */
  readonly id: string | undefined;
}

function noteAt(file: Rows, at: Key): JournalNote | undefined {
  const bytes = file.get(at);
  if (bytes === undefined) return undefined;
  const id = bytes.length > VERSION_BYTES ? bytes.toString("hex", VERSION_BYTES) : undefined;
  return { version: decodeVersion(bytes), id };
}

/** The journal that the file needs; undefined when it has everything itself. */
export const journalInUse = (file: Rows): JournalNote | undefined => noteAt(file, JOURNAL_KEY);

export const journalEnded = (file: Rows): JournalNote | undefined => noteAt(file, ENDED_KEY);

export const promiseChange = (version: number): Change => [PROMISE_KEY, encodeVersion(version)];
export const commitChange = (version: number): Change => [COMMIT_KEY, encodeVersion(version)];
export const storeChange = (identity: Buffer): Change => [STORE_KEY, identity];
export const livesChange = (lives: Buffer): Change => [LIVES_KEY, lives];

/** The file has everything up to `version`, and what comes after it is in the journal. */
export const journalChange = (version: number, id: Buffer): Change => [
  JOURNAL_KEY,
  Buffer.concat([encodeVersion(version), id]),
];

/** The file has all that is in the journal; without `id` in one of the first format. */
export const journalEndChanges = (version: number, id: Buffer | undefined): Change[] => [
  [JOURNAL_KEY, undefined],
  ...(id === undefined ? [] : [[ENDED_KEY, Buffer.concat([encodeVersion(version), id])] as Change]),
];
