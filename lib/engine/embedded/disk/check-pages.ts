/** Checks the pages of an LMDB file before LMDB maps them, since it believes whatever they say.
 *
 * It follows every page number, and every offset inside of a page, from the newest state that the header names:
 * a wrong one would end the process, or be read as if it were data.
 */

import { readSync } from "node:fs";

/** Where the trees of a file begin; a meta page. */
export interface Meta {
  readonly pageSize: number;
  readonly lastPage: number;
  readonly id: number;
  /** Not flushed when it was written; LMDB falls back on the flushed one after a power cut. */
  readonly unsynced: boolean;
  readonly free: Tree;
  readonly rows: Tree;
}

export interface Tree {
  readonly depth: number;
  readonly branches: number;
  readonly leaves: number;
  readonly overflows: number;
  readonly entries: number;
  readonly root: number;
}

/** What is wrong with a file, in words. */
export class DamagedPage extends Error {}

/** Bytes that every page begins with. */
export const HEAD = 24;
const NODE = 8;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const BIG = 1;
export const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const DEEPEST = 32;

/** What a tree came to. */
interface Found {
  branches: number;
  leaves: number;
  overflows: number;
  entries: number;
}

/** Bounds of the keys below a page: not before `low`, before `high`. */
interface Bounds {
  readonly low: Buffer | undefined;
  readonly high: Buffer | undefined;
}

export class PageCheck {
  /** Pages that are in use, to find one that is used twice. */
  private readonly used: Uint8Array;

  constructor(
    private readonly file: number,
    private readonly meta: Meta,
    private readonly fileBytes: number,
  ) {
    // No size is believed that the file does not bear out: pages of the trees lie inside of it.
    this.used = new Uint8Array(Math.ceil(fileBytes / meta.pageSize) + 1);
  }

  /** Throws `DamagedPage` for the first fault. */
  run(): void {
    this.tree("rows", this.meta.rows, (key, data) => {
      if (key.length === 0 || key[0] !== 1) throw new DamagedPage("a key is not one of Plinth's");
      return data;
    });
    const lists: Buffer[] = [];
    this.tree("free", this.meta.free, (key, data) => {
      if (key.length !== 8) throw new DamagedPage("the list of free pages is damaged");
      lists.push(Buffer.from(data()));
      return data;
    });
    for (const list of lists) this.freeList(list);
  }

  private tree(name: "rows" | "free", tree: Tree, entry: (key: Buffer, data: () => Buffer) => unknown): void {
    const found: Found = { branches: 0, leaves: 0, overflows: 0, entries: 0 };
    if (tree.depth > DEEPEST) throw new DamagedPage("its header names a tree that is too deep");
    if (tree.depth > 0)
      this.page(name, tree.root, tree.depth, { low: undefined, high: undefined }, found, entry);
    for (const what of ["branches", "leaves", "overflows", "entries"] as const)
      if (found[what] !== tree[what])
        throw new DamagedPage(`it has ${found[what]} ${what}, and its header says ${tree[what]}`);
  }

  private page(
    name: "rows" | "free",
    number: number,
    level: number,
    bounds: Bounds,
    found: Found,
    entry: (key: Buffer, data: () => Buffer) => unknown,
  ): void {
    const page = this.read(number, 1);
    const leaf = level === 1;
    if (page.readUInt16LE(18) !== (leaf ? LEAF : BRANCH)) throw damaged(number, "its kind is wrong");
    if (leaf) found.leaves++;
    else found.branches++;
    const size = this.meta.pageSize - HEAD;
    const lower = page.readUInt16LE(20);
    const upper = page.readUInt16LE(22);
    if (lower % 2 !== 0 || lower > upper || upper > size) throw damaged(number, "its bounds are wrong");
    const count = lower / 2;
    if (count < (leaf ? 1 : 2)) throw damaged(number, "it has too few entries");
    let before = bounds.low;
    let child: { pgno: number; low: Buffer | undefined } | undefined;
    for (let i = 0; i < count; i++) {
      const at = page.readUInt16LE(HEAD + 2 * i);
      if (at < upper || at + NODE > size) throw damaged(number, "an entry lies outside of it");
      const start = HEAD + at;
      const flags = page.readUInt16LE(start + 4);
      const keyEnd = start + NODE + page.readUInt16LE(start + 6);
      if (keyEnd > this.meta.pageSize) throw damaged(number, "a key lies outside of it");
      const key = page.subarray(start + NODE, keyEnd);
      const low32 = page.readUInt32LE(start);
      if (leaf) {
        this.ordered(name, number, key, before, i === 0, bounds.high);
        found.entries++;
        if ((flags & ~BIG) !== 0) throw damaged(number, "an entry is of an unknown kind");
        entry(key, this.data(page, number, keyEnd, low32, flags === BIG, found));
        before = key;
        continue;
      }
      // The first key of a branch is empty and stands for everything before the second.
      const low = i === 0 ? bounds.low : key;
      if (i > 0) this.ordered(name, number, key, before, false, bounds.high);
      if (child !== undefined)
        this.page(name, child.pgno, level - 1, { low: child.low, high: key }, found, entry);
      child = { pgno: low32 + flags * 0x1_0000_0000, low };
      before = low;
    }
    if (child !== undefined)
      this.page(name, child.pgno, level - 1, { low: child.low, high: bounds.high }, found, entry);
  }

  private ordered(
    name: "rows" | "free",
    number: number,
    key: Buffer,
    before: Buffer | undefined,
    mayEqual: boolean,
    high: Buffer | undefined,
  ): void {
    const compare = name === "rows" ? Buffer.compare : compareNumbers;
    if (before !== undefined) {
      const order = compare(before, key);
      if (order > 0 || (order === 0 && !mayEqual)) throw damaged(number, "its keys are out of order");
    }
    if (high !== undefined && compare(key, high) >= 0) throw damaged(number, "its keys are out of order");
  }

  private data(
    page: Buffer,
    number: number,
    start: number,
    size: number,
    big: boolean,
    found: Found,
  ): () => Buffer {
    if (!big) {
      if (start + size > this.meta.pageSize) throw damaged(number, "a value lies outside of it");
      return () => page.subarray(start, start + size);
    }
    if (start + 8 > this.meta.pageSize) throw damaged(number, "a value lies outside of it");
    const first = Number(page.readBigUInt64LE(start));
    const least = Math.floor((HEAD - 1 + size) / this.meta.pageSize) + 1;
    this.inside(first, least);
    const head = Buffer.allocUnsafe(HEAD);
    readSync(this.file, head, 0, HEAD, first * this.meta.pageSize);
    if (Number(head.readBigUInt64LE(0)) !== first || head.readUInt16LE(18) !== OVERFLOW)
      throw damaged(first, "it is not the long value that it should be");
    this.written(head, first);
    // A value that was written over by a shorter one in the same transaction keeps its pages.
    const pages = head.readUInt32LE(20);
    if (pages < least) throw damaged(first, "its length is wrong");
    this.place(first, pages);
    found.overflows += pages;
    return () => {
      const bytes = Buffer.allocUnsafe(size);
      readSync(this.file, bytes, 0, size, first * this.meta.pageSize + HEAD);
      return bytes;
    };
  }

  private inside(first: number, count: number): void {
    if (
      first < 2 ||
      first + count - 1 > this.meta.lastPage ||
      (first + count) * this.meta.pageSize > this.fileBytes
    )
      throw damaged(first, "it lies outside of the file");
  }

  /** Marks pages as used, which must lie in the file and be used once. */
  private place(first: number, count: number): void {
    this.inside(first, count);
    for (let i = first; i < first + count; i++) {
      if (this.used[i] !== 0) throw damaged(i, "it is used twice");
      this.used[i] = 1;
    }
  }

  /** LMDB would write into a page of a later transaction in place, where the file is mapped for reading. */
  private written(page: Buffer, number: number): void {
    if (Number(page.readBigUInt64LE(8)) > this.meta.id) throw damaged(number, "it is of a later transaction");
  }

  private read(number: number, count: number): Buffer {
    this.place(number, count);
    const page = Buffer.allocUnsafe(this.meta.pageSize);
    readSync(this.file, page, 0, page.length, number * this.meta.pageSize);
    if (Number(page.readBigUInt64LE(0)) !== number) throw damaged(number, "it is another page");
    this.written(page, number);
    return page;
  }

  /** Page numbers after their count; LMDB would write over a page in use that stands here. */
  private freeList(list: Buffer): void {
    const count = list.length < 8 ? 0n : list.readBigUInt64LE(0);
    if (count > BigInt(Math.floor(list.length / 8) - 1))
      throw new DamagedPage("the list of free pages is damaged");
    for (let i = 1; i <= Number(count); i++) {
      const page = Number(list.readBigInt64LE(i * 8));
      // Zero and less are gaps and lengths of runs.
      if (page <= 0) continue;
      if (page > this.meta.lastPage || this.used[page] === 1)
        throw new DamagedPage("the list of free pages names a page in use");
    }
  }
}

const damaged = (number: number, what: string): DamagedPage =>
  new DamagedPage(`page ${number} is damaged (${what})`);

function compareNumbers(a: Buffer, b: Buffer): number {
  if (a.length < 8 || b.length < 8) return a.length - b.length;
  const difference = a.readBigUInt64LE(0) - b.readBigUInt64LE(0);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The tree at `at` of a meta page; undefined when it says what cannot be. */
export function treeAt(page: Buffer, at: number): Tree | undefined {
  const numbers = [8, 16, 24, 32].map((offset) => Number(page.readBigUInt64LE(at + offset)));
  const root = page.readBigUInt64LE(at + 40);
  const depth = page.readUInt16LE(at + 6);
  if ((root === NO_PAGE) !== (depth === 0)) return undefined;
  const [branches, leaves, overflows, entries] = numbers as [number, number, number, number];
  return { depth, branches, leaves, overflows, entries, root: Number(root) };
}
