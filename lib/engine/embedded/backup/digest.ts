/** Counts rows and sums them up into one number, so that a copy can be compared with what it was made of. */

import { crc32 } from "node:zlib";
import type { Key } from "../../keys/index.js";

export class Digest {
  rows = 0;
  /** Of keys and values. */
  bytes = 0;
  private checksum = 0;

  add(key: Key, value: Uint8Array): void {
    this.rows++;
    this.bytes += key.length + value.length;
    // The lengths keep a byte from moving between key and value unnoticed.
    this.checksum = crc32(`${key.length}:${value.length}`, this.checksum);
    for (const part of [Buffer.from(key, "latin1"), value]) {
      // Of no bytes, Node's starts again from nothing when their buffer has been looked at.
      if (part.length > 0) this.checksum = crc32(part, this.checksum);
    }
  }

  get hex(): string {
    return this.checksum.toString(16).padStart(8, "0");
  }
}
