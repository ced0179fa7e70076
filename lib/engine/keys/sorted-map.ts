/** An ordered map of keys: a list of sorted chunks, so that an insertion moves at most one chunk. */

import type { Key } from "./key.js";

const CHUNK = 256;

interface Chunk<V> {
  readonly keys: Key[];
  readonly values: V[];
}

/** Index of the first element of `keys` from `start` on that is not before `key`. */
function lowerBound(keys: readonly Key[], key: Key, start = 0): number {
  let low = start;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Adds `chunk` in pieces that have room for more. */
function addChunks<V>(chunks: Chunk<V>[], chunk: Chunk<V>): void {
  const { keys, values } = chunk;
  if (keys.length <= CHUNK) {
    chunks.push(chunk);
    return;
  }
  const pieces = Math.ceil((2 * keys.length) / CHUNK);
  for (let i = 0; i < pieces; i++) {
    const [from, to] = [Math.floor((i * keys.length) / pieces), Math.floor(((i + 1) * keys.length) / pieces)];
    chunks.push({ keys: keys.slice(from, to), values: values.slice(from, to) });
  }
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

  /** Sets many at once; `keys` are in order, and each is there once. */
  setAll(keys: readonly Key[], values: readonly V[]): void {
    // A few are found sooner than every chunk is looked at.
    if (keys.length < this.chunks.length) {
      for (let i = 0; i < keys.length; i++) this.set(keys[i]!, values[i]!);
      return;
    }
    const chunks: Chunk<V>[] = [];
    let from = 0;
    for (let at = 0; at < this.chunks.length; at++) {
      const next = this.chunks[at + 1]?.keys[0];
      let to = from;
      while (to < keys.length && (next === undefined || keys[to]! < next)) to++;
      const chunk = this.chunks[at]!;
      if (from === to) chunks.push(chunk);
      else addChunks(chunks, this.merged(chunk, keys, values, from, to));
      from = to;
    }
    if (from < keys.length) {
      this.size += keys.length - from;
      addChunks(chunks, { keys: keys.slice(from), values: values.slice(from) });
    }
    this.chunks = chunks;
  }

  private merged(
    chunk: Chunk<V>,
    addedKeys: readonly Key[],
    addedValues: readonly V[],
    from: number,
    to: number,
  ): Chunk<V> {
    const keys: Key[] = [];
    const values: V[] = [];
    let done = 0;
    const copyTo = (end: number): void => {
      for (; done < end; done++) {
        keys.push(chunk.keys[done]!);
        values.push(chunk.values[done]!);
      }
    };
    for (let i = from; i < to; i++) {
      const key = addedKeys[i]!;
      copyTo(lowerBound(chunk.keys, key, done));
      if (chunk.keys[done] === key) done++;
      else this.size++;
      keys.push(key);
      values.push(addedValues[i]!);
    }
    copyTo(chunk.keys.length);
    return { keys, values };
  }

  /** Removes whatever `keep` does not hold for. */
  filter(keep: (value: V) => boolean): void {
    const chunks: Chunk<V>[] = [];
    let last: Chunk<V> | undefined;
    this.size = 0;
    for (const { keys, values } of this.chunks) {
      for (let i = 0; i < keys.length; i++) {
        if (!keep(values[i]!)) continue;
        if (last === undefined || last.keys.length === CHUNK) {
          last = { keys: [], values: [] };
          chunks.push(last);
        }
        last.keys.push(keys[i]!);
        last.values.push(values[i]!);
        this.size++;
      }
    }
    this.chunks = chunks;
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
