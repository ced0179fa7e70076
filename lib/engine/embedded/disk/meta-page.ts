/** The pages that an LMDB file begins with: each says where the trees of a state begin. */

import { readSync } from "node:fs";
import { HEAD, type Meta, NO_PAGE, treeAt } from "./check-pages.js";

export const PAGE_BYTES = 8192;
/** How much of a file LMDB maps at first. */
export const MAP_START = 16 * 1024 * 1024;

const MAGIC = 0xbeefc0de;
const FORMAT = 2;
const META_BYTES = 168;
const UNSYNCED = 0x1000;
/** LMDB's order of the keys of its free list; without it they would be compared as text. */
const INTEGER_KEYS = 0x08;
const PERSISTED = 0x4000;
const META_PAGE = 0x08;

export interface MetaPage {
  readonly pageSize: number;
  readonly id: number;
  /** Undefined where its parts do not go together. */
  readonly state: Meta | undefined;
}

/** The meta page at `position`; undefined when LMDB would take it for none. */
export function readMeta(file: number, position: number): MetaPage | undefined {
  const page = Buffer.alloc(META_BYTES);
  if (readSync(file, page, 0, META_BYTES, position) < META_BYTES) return undefined;
  if (page.readUInt32LE(HEAD) !== MAGIC || page.readUInt16LE(HEAD + 4) !== FORMAT) return undefined;
  const pageSize = page.readUInt32LE(48);
  if (pageSize < 512 || pageSize > 0x10000 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  const id = Number(page.readBigUInt64LE(152));
  return { pageSize, id, state: stateOf(page, pageSize, id) };
}

function stateOf(page: Buffer, pageSize: number, id: number): Meta | undefined {
  const flags = page.readUInt16LE(52);
  const free = treeAt(page, 48);
  const rows = treeAt(page, 96);
  if (free === undefined || rows === undefined || (flags & INTEGER_KEYS) === 0) return undefined;
  // Of a plain tree of rows there are neither flags nor sizes.
  if (page.readUInt32LE(96) !== 0 || page.readUInt16LE(100) !== 0) return undefined;
  const lastPage = Number(page.readBigUInt64LE(144));
  return { pageSize, lastPage, id, unsynced: (flags & UNSYNCED) !== 0, free, rows };
}

/** The two meta pages of a file in which nothing was ever written, as LMDB makes them. */
export function emptyFile(): Buffer {
  const bytes = Buffer.alloc(2 * PAGE_BYTES);
  for (const number of [0, 1]) {
    const page = bytes.subarray(number * PAGE_BYTES, (number + 1) * PAGE_BYTES);
    page.writeBigUInt64LE(BigInt(number), 0);
    page.writeUInt16LE(META_PAGE, 18);
    page.writeUInt32LE(MAGIC, HEAD);
    page.writeUInt16LE(FORMAT, HEAD + 4);
    page.writeBigUInt64LE(BigInt(MAP_START), 40);
    // The list of free pages and the tree of rows, neither of which has a root.
    page.writeUInt32LE(PAGE_BYTES, 48);
    page.writeUInt16LE(INTEGER_KEYS | PERSISTED, 52);
    page.writeBigUInt64LE(NO_PAGE, 88);
    page.writeBigUInt64LE(NO_PAGE, 136);
    page.writeBigUInt64LE(1n, 144);
  }
  return bytes;
}
