/** A part of the key space: one raw prefix, and tuples as the rest of the keys. */

import { inspect } from "node:util";
import { equalBytes } from "../engine/index.js";
import { TupleError } from "../errors.js";
import type { TupleItem } from "./item.js";
import { type KeyRange, pack, packWithVersionstamp, range, unpack } from "./pack.js";

const none = new Uint8Array(0);

/**
 * All keys that start with one raw prefix, with tuples as the rest of the key. Immutable.
 *
 * @example
 * const users = new Subspace(tenant.pack(["users"]));
 * users.unpack(users.pack([42, "name"])); // [42, "name"]
 */
export class Subspace {
  readonly #prefix: Uint8Array;

  constructor(prefix: Uint8Array = none, items: readonly TupleItem[] = []) {
    this.#prefix = pack(items, prefix);
  }

  /** The raw prefix; do not change its bytes. */
  get key(): Uint8Array {
    return this.#prefix;
  }

  /**
   * The key of a tuple in this subspace.
   *
   * @throws TupleError for a value that has no place in a tuple
   */
  pack(items: readonly TupleItem[] = []): Uint8Array {
    return pack(items, this.#prefix);
  }

  /**
   * As `pack`, with one incomplete stamp and its position behind it.
   *
   * @throws TupleError without one, or with two
   */
  packWithVersionstamp(items: readonly TupleItem[]): Uint8Array {
    return packWithVersionstamp(items, this.#prefix);
  }

  /**
   * The tuple of a key.
   *
   * @throws TupleError when `key` lies outside
   */
  unpack(key: Uint8Array): TupleItem[] {
    if (!this.contains(key)) throw new TupleError("The key lies outside the subspace it is unpacked with.");
    return unpack(key, this.#prefix.length);
  }

  /**
   * All keys whose tuples extend `items`.
   *
   * @throws TupleError for a value that has no place in a tuple
   */
  range(items: readonly TupleItem[] = []): KeyRange {
    return range(items, this.#prefix);
  }

  /** Whether a key starts with the prefix. */
  contains(key: Uint8Array): boolean {
    const { length } = this.#prefix;
    return key.length >= length && equalBytes(key.subarray(0, length), this.#prefix);
  }

  /** The part of this subspace whose tuples start with `items`. */
  subspace(items: readonly TupleItem[]): Subspace {
    return new Subspace(this.#prefix, items);
  }

  [inspect.custom](): string {
    return `Subspace(${Buffer.from(this.#prefix).toString("hex")})`;
  }
}
