/** An immutable list of entries in chunks, where a step costs the same however long the list is. */

import type { Entry } from "./entry.js";

/** Total order of a list's entries; 0 only for the same key. */
export type CompareEntries = (a: Entry, b: Entry) => number;

type Chunk = readonly Entry[];

/** Entries of one chunk. A change copies one chunk, and the list of them. */
const size = { made: 512, most: 1_024 };

/** Where `entry` is, or would be: the number of entries before it. */
export function positionOf(entries: readonly Entry[], entry: Entry, compare: CompareEntries): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(entries[middle]!, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A new list shares the chunks that did not change with the one before. */
export class EntryList {
  #entries: readonly Entry[] | undefined;

  private constructor(
    private readonly chunks: readonly Chunk[],
    readonly length: number,
  ) {}

  /** @param entries in their order; not to be changed afterwards */
  static of(entries: readonly Entry[]): EntryList {
    if (entries.length === 0) return new EntryList([], 0);
    if (entries.length <= size.most) return new EntryList([entries], entries.length);
    const chunks: Chunk[] = [];
    for (let i = 0; i < entries.length; i += size.made) chunks.push(entries.slice(i, i + size.made));
    return new EntryList(chunks, entries.length);
  }

  /** All of them, put together when somebody asks. */
  get entries(): readonly Entry[] {
    this.#entries ??= this.chunks.length === 1 ? this.chunks[0]! : this.chunks.flat();
    return this.#entries;
  }

  /** The number of entries before the place of `entry`. */
  positionOf(entry: Entry, compare: CompareEntries): number {
    const { chunks } = this;
    let low = 0;
    let high = chunks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(chunks[middle]!.at(-1)!, entry) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === chunks.length) return this.length;
    let before = 0;
    for (let i = 0; i < low; i++) before += chunks[i]!.length;
    return before + positionOf(chunks[low]!, entry, compare);
  }

  /** The list without the entry at an index. */
  removeAt(index: number): EntryList {
    const [at, inside] = this.#place(index);
    const chunk = this.chunks[at]!.toSpliced(inside, 1);
    const next = this.chunks[at + 1];
    if (chunk.length === 0) return this.#with(at, 1, [], -1);
    if (next !== undefined && chunk.length + next.length <= size.made)
      return this.#with(at, 2, [[...chunk, ...next]], -1);
    return this.#with(at, 1, [chunk], -1);
  }

  /** The list with one entry more, which then stands at the index. */
  insertAt(index: number, entry: Entry): EntryList {
    if (this.length === 0) return new EntryList([[entry]], 1);
    const [at, inside] = this.#place(index);
    const chunk = this.chunks[at]!.toSpliced(inside, 0, entry);
    if (chunk.length <= size.most) return this.#with(at, 1, [chunk], 1);
    const half = chunk.length >> 1;
    return this.#with(at, 1, [chunk.slice(0, half), chunk.slice(half)], 1);
  }

  /** The chunk of an index, and the index inside of it; of the end, that behind the last entry. */
  #place(index: number): [chunk: number, inside: number] {
    let inside = index;
    let at = 0;
    while (at < this.chunks.length - 1 && inside >= this.chunks[at]!.length)
      inside -= this.chunks[at++]!.length;
    return [at, inside];
  }

  #with(at: number, count: number, by: readonly Chunk[], more: number): EntryList {
    return new EntryList(this.chunks.toSpliced(at, count, ...by), this.length + more);
  }
}
