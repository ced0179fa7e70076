/** A part of a tenant's keys that was copied: where it lies, at which version it was read, and what it held. */

import { createHash } from "node:crypto";
import type { KeyValue } from "../../engine/index.js";

/** Keys are those of the source, with its prefix. */
export interface Part {
  readonly begin: Uint8Array;
  readonly end: Uint8Array;
  /** The target holds what the source had at this version and up to the last look. */
  version: bigint;
  /** The source has changed it since. */
  dirty: boolean;
  /** The target was read back and is the same. */
  verified: boolean;
  readonly keys: number;
  readonly bytes: number;
  readonly hash: string;
}

/** Sums up rows in their order, without the prefix of the tenant. */
export class RowHash {
  readonly #hash = createHash("sha256");
  keys = 0;
  bytes = 0;

  add([key, value]: KeyValue, prefixLength: number): void {
    const length = key.length - prefixLength;
    const lengths = Buffer.alloc(8);
    // The lengths keep a byte from moving between key and value unnoticed.
    lengths.writeUInt32LE(length, 0);
    lengths.writeUInt32LE(value.length, 4);
    this.#hash.update(lengths).update(key.subarray(prefixLength)).update(value);
    this.keys++;
    this.bytes += length + value.length;
  }

  hex(): string {
    return this.#hash.digest("hex");
  }
}

/** The hash of a page of rows. */
export function hashOf(rows: readonly KeyValue[], prefixLength: number): RowHash {
  const hash = new RowHash();
  for (const row of rows) hash.add(row, prefixLength);
  return hash;
}

/** The oldest of the versions at which the parts were read; there is one part at least. */
export function oldest(parts: readonly Pick<Part, "version">[]): bigint {
  const [first, ...others] = parts.map(({ version }) => version);
  let least = first!;
  for (const version of others) if (version < least) least = version;
  return least;
}
