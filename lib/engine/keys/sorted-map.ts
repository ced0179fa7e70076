/** An ordered map of keys: a list of sorted chunks, so that an insertion moves at most one chunk. */

import type { Key } from "./key.js";

const CHUNK = 256;

interface Chunk<V> {
  readonly keys: Key[];
  readonly values: V[];
}

/** Index of the first element of `keys` that is not before `key`. */
function lowerBound(keys: readonly Key[], key: Key): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A place in a `SortedMap`; valid until the map changes. `key` is undefined past either end. */
export class Cursor<V> {
  key: Key | undefined;
  value: V | undefined;

  constructor(
    private readonly chunks: readonly Chunk<V>[],
    private chunk: number,
    private index: number,
  ) {
    this.load();
  }

  next(): void {
    if (++this.index >= (this.chunks[this.chunk]?.keys.length ?? 0)) {
      this.chunk++;
      this.index = 0;
    }
    this.load();
  }

  previous(): void {
    if (--this.index < 0) {
      this.chunk--;
      this.index = (this.chunks[this.chunk]?.keys.length ?? 0) - 1;
    }
    this.load();
  }

  private load(): void {
    const chunk = this.chunks[this.chunk];
    this.key = chunk?.keys[this.index];
    this.value = chunk?.values[this.index];
  }
}

export class SortedMap<V> {
  private chunks: Chunk<V>[] = [];
  size = 0;

  get(key: Key): V | undefined {
    const chunk = this.chunks[this.chunkOf(key)];
    if (chunk === undefined) return undefined;
    const index = lowerBound(chunk.keys, key);
    return chunk.keys[index] === key ? chunk.values[index] : undefined;
  }

  set(key: Key, value: V): void {
    const at = this.chunkOf(key);
    const chunk = this.chunks[at];
    if (chunk === undefined) {
      this.chunks.push({ keys: [key], values: [value] });
      this.size++;
      return;
    }
    const { keys, values } = chunk;
    const last = keys.length - 1;
    const index = keys[last]! < key ? last + 1 : lowerBound(keys, key);
    if (keys[index] === key) {
      values[index] = value;
      return;
    }
    if (index > last) {
      keys.push(key);
      values.push(value);
    } else {
      keys.splice(index, 0, key);
      values.splice(index, 0, value);
    }
    this.size++;
    // Appending in order leaves full chunks behind; anywhere else halves keep room on both sides.
    if (keys.length > CHUNK) this.split(at, index > last ? CHUNK - 1 : CHUNK >> 1);
  }

  delete(key: Key): boolean {
    const at = this.chunkOf(key);
    const chunk = this.chunks[at];
    if (chunk === undefined) return false;
    const index = lowerBound(chunk.keys, key);
    if (chunk.keys[index] !== key) return false;
    chunk.keys.splice(index, 1);
    chunk.values.splice(index, 1);
    if (chunk.keys.length === 0) this.chunks.splice(at, 1);
    this.size--;
    return true;
  }

  /** Removes every key of `[begin, end)`, telling `removed` of each in order. */
  deleteRange(begin: Key, end: Key, removed?: (key: Key, value: V) => void): void {
    let at = this.chunkOf(begin);
    while (at < this.chunks.length) {
      const { keys, values } = this.chunks[at]!;
      const from = lowerBound(keys, begin);
      const to = lowerBound(keys, end);
      const rest = to < keys.length;
      if (removed !== undefined) for (let i = from; i < to; i++) removed(keys[i]!, values[i]!);
      keys.splice(from, to - from);
      values.splice(from, to - from);
      this.size -= Math.max(0, to - from);
      if (keys.length === 0) this.chunks.splice(at, 1);
      else at++;
      if (rest) return;
    }
  }

  clear(): void {
    this.chunks = [];
    this.size = 0;
  }

  /** At the first key that is not before `key`. */
  atOrAfter(key: Key): Cursor<V> {
    const at = this.chunkOf(key);
    const chunk = this.chunks[at];
    if (chunk === undefined) return new Cursor(this.chunks, 0, 0);
    const index = lowerBound(chunk.keys, key);
    return index < chunk.keys.length
      ? new Cursor(this.chunks, at, index)
      : new Cursor(this.chunks, at + 1, 0);
  }

  /** At the last key before `key`. */
  before(key: Key): Cursor<V> {
    const cursor = this.atOrAfter(key);
    cursor.previous();
    return cursor;
  }

  private split(at: number, index: number): void {
    const { keys, values } = this.chunks[at]!;
    this.chunks.splice(at + 1, 0, { keys: keys.splice(index), values: values.splice(index) });
  }

  /** The chunk that holds `key` or would: the last one whose first key is not after it. */
  private chunkOf(key: Key): number {
    const { chunks } = this;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (chunks[middle]!.keys[0]! <= key) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
