/** What a cursor says, and how that is written: as few bytes as it takes to tell what differs. */

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

const format = 3;
/** Bytes of each part, in their order. */
const size = { life: 6, queries: 8, rights: 6, schemas: 6, sum: 6, age: 6 };
const head = 1 + 8 + size.life + size.queries + size.rights + size.schemas + 2 * size.sum + 2;
/** How many ages follow: none (every label is at the cursor's version), one for all labels, or one for each. */
const ages = { none: 0, one: 1, each: 2 };
/** Stands for a version that is none, or older than can be written (nine years at a million a second). */
const noVersion = 2 ** 48 - 1;

const ageOf = (version: Version, shownAt: Version | undefined): number => {
  if (shownAt === undefined || shownAt === version) return 0;
  const age = version - shownAt;
  return shownAt < 0n || age >= BigInt(noVersion) ? noVersion : Number(age);
};

export function encodeContent(content: CursorContent): Uint8Array {
  const { version, life, queries, rights, schemas, made, madeSchemas, shownAt, commit } = content;
  const all = shownAt.map((at) => ageOf(version, at));
  const same = all.every((age) => age === all[0]);
  const kind = !same ? ages.each : (all[0] ?? 0) === 0 ? ages.none : ages.one;
  const written = kind === ages.each ? all : all.slice(0, kind);
  const bytes = Buffer.alloc(head + commit.length + written.length * size.age);
  let at = bytes.writeUInt8(format, 0);
  at = bytes.writeBigUInt64BE(version, at);
  for (const part of [life, queries, rights, schemas]) {
    bytes.set(part, at);
    at += part.length;
  }
  at = bytes.writeUIntBE(made, at, size.sum);
  at = bytes.writeUIntBE(madeSchemas, at, size.sum);
  at = bytes.writeUInt8(kind, at);
  at = bytes.writeUInt8(commit.length, at);
  at += bytes.write(commit, at, "latin1");
  for (const age of written) at = bytes.writeUIntBE(age, at, size.age);
  return bytes;
}

/** @returns undefined for a format of another release, which says nothing to this one */
export function decodeContent(from: Uint8Array): CursorContent | undefined {
  const bytes = Buffer.from(from.buffer, from.byteOffset, from.length);
  if (bytes[0] !== format || bytes.length < head) return undefined;
  let at = 9;
  const part = (length: number) => {
    at += length;
    return bytes.subarray(at - length, at);
  };
  const version = bytes.readBigUInt64BE(1);
  const [life, queries, rights, schemas] = [size.life, size.queries, size.rights, size.schemas].map(part);
  const number = (length: number) => part(length).readUIntBE(0, length);
  const made = number(size.sum);
  const madeSchemas = number(size.sum);
  const kind = number(1);
  const commit = part(number(1)).toString("latin1");
  const ageBytes = bytes.length - head - commit.length;
  const written = Array.from({ length: ageBytes / size.age }, () => number(size.age));
  const shown = (age: number) => (age === 0 ? undefined : age === noVersion ? -1n : version - BigInt(age));
  return {
    version,
    life: life!,
    queries: queries!,
    rights: rights!,
    schemas: schemas!,
    made,
    madeSchemas,
    shownAt: kind === ages.none ? [] : written.map(shown),
    commit,
  };
}

/** The version that a label shows, by its place among the names. */
export const shownOf = ({ shownAt }: CursorContent, place: number): Version | undefined =>
  shownAt.length === 1 ? shownAt[0] : shownAt[place];
