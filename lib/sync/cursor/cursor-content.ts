/** What a cursor says, and how that is written: as few characters as it takes to tell what differs. */

import type { Version } from "../live/index.js";

/** Digests of everything that has to be as it was. */
export interface CursorContent {
  readonly version: Version;
  /** Life of the tenant: 6 bytes. */
  readonly life: Uint8Array;
  /** Labels and their queries: 8 bytes. */
  readonly queries: Uint8Array;
  /** Who may see what: 6 bytes. */
  readonly rights: Uint8Array;
  /** Sources and fields of the rows: 6 bytes. */
  readonly schemas: Uint8Array;
  /** Queries that functions of `each` have made, and the schemas of their rows: sums of 6 bytes. */
  readonly made: number;
  readonly madeSchemas: number;
  /**
   * Versions that the labels show, in the order of their names, where these are older than the cursor's; -1 where there
   * is no single one.
   */
  readonly shownAt: readonly (Version | undefined)[];
  /** The newest commit and the life of the store that it belongs to, as the engine names them; "" on a cluster. */
  readonly commit: string;
}

/** What a cursor says as texts: version and digests, the name of the commit, the ages of labels. */
export type CursorTexts = readonly [digests: string, commit: string, ages: string];

/** Bytes of each part of the digests, in their order behind the version. */
const size = { version: 8, life: 6, queries: 8, rights: 6, schemas: 6, sum: 6 };
const head = size.version + size.life + size.queries + size.rights + size.schemas + 2 * size.sum;
/** Characters of an age: no text are none (every label is at the cursor's version), one age is that of all labels. */
const ageChars = 6;
/** Stands for a version that is none, or older than can be written (19 hours at a million a second). */
const noVersion = 64 ** ageChars - 1;
/** An age is the lower digits of six bytes in base64. */
const upperDigits = "AA";

const ageOf = (version: Version, shownAt: Version | undefined): number => {
  if (shownAt === undefined || shownAt === version) return 0;
  const age = version - shownAt;
  return shownAt < 0n || age >= BigInt(noVersion) ? noVersion : Number(age);
};

function writeAge(age: number): string {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(age, 0, 6);
  return bytes.toString("base64url").slice(upperDigits.length);
}

const readAge = (text: string): number => Buffer.from(upperDigits + text, "base64url").readUIntBE(0, 6);

export function encodeContent(content: CursorContent): CursorTexts {
  const { version, life, queries, rights, schemas, made, madeSchemas, shownAt, commit } = content;
  const bytes = Buffer.alloc(head);
  let at = bytes.writeBigUInt64BE(version, 0);
  for (const part of [life, queries, rights, schemas]) {
    bytes.set(part, at);
    at += part.length;
  }
  at = bytes.writeUIntBE(made, at, size.sum);
  bytes.writeUIntBE(madeSchemas, at, size.sum);
  const all = shownAt.map((shown) => ageOf(version, shown));
  const same = all.every((age) => age === all[0]);
  const written = !same ? all : (all[0] ?? 0) === 0 ? [] : all.slice(0, 1);
  return [bytes.toString("base64url"), commit, written.map(writeAge).join("")];
}

export function decodeContent([digests, commit, ages]: CursorTexts): CursorContent {
  const bytes = Buffer.from(digests, "base64url");
  let at = size.version;
  const part = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const version = bytes.readBigUInt64BE(0);
  const [life, queries, rights, schemas] = [size.life, size.queries, size.rights, size.schemas].map(part);
  const sum = () => part(size.sum).readUIntBE(0, size.sum);
  const [made, madeSchemas] = [sum(), sum()];
  const shown = (age: number) => (age === 0 ? undefined : age === noVersion ? -1n : version - BigInt(age));
  return {
    version,
    life: life!,
    queries: queries!,
    rights: rights!,
    schemas: schemas!,
    made,
    madeSchemas,
    shownAt: (ages.match(/.{6}/g) ?? []).map((age) => shown(readAge(age))),
    commit,
  };
}

/** The version that a label shows, by its place among the names. */
export const shownOf = ({ shownAt }: CursorContent, place: number): Version | undefined =>
  shownAt.length === 1 ? shownAt[0] : shownAt[place];
