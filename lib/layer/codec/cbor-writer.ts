/** Writes records, covered fields and log entries as CBOR, faster than the CBOR library does. */

import type { StoredValue } from "../../schema/index.js";
import { encodeCbor } from "./cbor.js";

/** Buffers above this are given back after the call that needed them. */
const KEPT_BYTES = 1 << 20;
/** Up to here a loop in JavaScript beats the call into the runtime. */
const SHORT = 24;

/** Longer text is measured before it is written, to take no more room than it needs. */
const KNOWN_LENGTH = 4096;

function headBytes(length: number): number {
  return length < 24 ? 1 : length < 0x100 ? 2 : length < 0x10000 ? 3 : 5;
}

/**
 * Writes the CBOR of records and log entries into one growing buffer. Field names are encoded once for a schema and
 * copied; scalars are written here, and what is left (nested values, big integers) goes through the CBOR library.
 *
 * There is one writer for the process: writing never calls user code, so it cannot be entered twice.
 */
class CborWriter {
  private buffer = Buffer.allocUnsafeSlow(8192);
  private at = 0;

  start(firstByte: number): void {
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(8192);
    this.buffer[0] = firstByte;
    this.at = 1;
  }

  finish(): Buffer {
    const bytes = Buffer.allocUnsafe(this.at);
    this.buffer.copy(bytes, 0, 0, this.at);
    return bytes;
  }

  /** The head of a map (major type 5), an array (4), a text (3), bytes (2) or an integer (0, 1). */
  head(major: number, length: number): void {
    this.need(9);
    const { buffer } = this;
    const type = major << 5;
    if (length < 24) buffer[this.at++] = type | length;
    else if (length < 0x100) {
      buffer[this.at] = type | 24;
      buffer[this.at + 1] = length;
      this.at += 2;
    } else if (length < 0x10000) {
      buffer[this.at] = type | 25;
      buffer.writeUInt16BE(length, this.at + 1);
      this.at += 3;
    } else {
      buffer[this.at] = type | 26;
      buffer.writeUInt32BE(length, this.at + 1);
      this.at += 5;
    }
  }

  /** Where the next byte goes. */
  get position(): number {
    return this.at;
  }

  /** Takes back what was written since a position. */
  backTo(position: number): void {
    this.at = position;
  }

  /** Begins a map of `most` entries or fewer; `countMap` says how many there are. */
  beginMap(most: number): number {
    const begin = this.at;
    this.head(5, most);
    return begin;
  }

  /** The number of entries of the map that was begun at a position, in as many bytes as `most` takes. */
  countMap(begin: number, most: number, count: number): void {
    const { buffer } = this;
    if (most < 24) buffer[begin] = 0xa0 | count;
    else if (most < 0x100) buffer[begin + 1] = count;
    else if (most < 0x10000) buffer.writeUInt16BE(count, begin + 1);
    else buffer.writeUInt32BE(count, begin + 1);
  }

  /** Bytes that are CBOR already. */
  raw(bytes: Uint8Array): void {
    const { length } = bytes;
    this.need(length);
    const { buffer, at } = this;
    if (length <= SHORT) for (let i = 0; i < length; i++) buffer[at + i] = bytes[i] as number;
    else buffer.set(bytes, at);
    this.at = at + length;
  }

  value(value: StoredValue): void {
    switch (typeof value) {
      case "string":
        this.text(value);
        return;
      case "number":
        this.number(value);
        return;
      case "boolean":
        this.need(1);
        this.buffer[this.at++] = value ? 0xf5 : 0xf4;
        return;
      case "object":
        if (value === null) {
          this.need(1);
          this.buffer[this.at++] = 0xf6;
        } else if (value instanceof Uint8Array) this.bytes(value);
        else this.raw(encodeCbor(value));
        return;
      default:
        this.raw(encodeCbor(value));
    }
  }

  bytes(value: Uint8Array): void {
    this.head(2, value.length);
    this.raw(value);
  }

  text(value: string): void {
    const { length } = value;
    if (length < SHORT) {
      this.need(length * 3 + 3);
      const { buffer } = this;
      const start = this.at + 1;
      let i = 0;
      for (; i < length; i++) {
        const unit = value.charCodeAt(i);
        if (unit > 0x7f) break;
        buffer[start + i] = unit;
      }
      if (i === length) {
        buffer[this.at] = 0x60 | length;
        this.at = start + length;
        return;
      }
    }
    if (length > KNOWN_LENGTH) this.longText(value);
    else this.mediumText(value, length);
  }

  /** Written in place for a head as long as that of ASCII, which is nearly always right. */
  private mediumText(value: string, length: number): void {
    this.need(length * 3 + 5);
    const { buffer, at } = this;
    const guess = headBytes(length);
    const bytes = buffer.write(value, at + guess, "utf8");
    const head = headBytes(bytes);
    if (head !== guess) buffer.copyWithin(at + head, at + guess, at + guess + bytes);
    this.head(3, bytes);
    this.at += bytes;
  }

  private longText(value: string): void {
    const bytes = Buffer.byteLength(value);
    this.head(3, bytes);
    this.need(bytes);
    this.buffer.write(value, this.at, bytes, "utf8");
    this.at += bytes;
  }

  private number(value: number): void {
    // Integers beyond 32 bits are float64s, as readers that know only one kind of number write them.
    if (Number.isInteger(value) && value <= 0xffffffff && value >= -0x100000000 && !Object.is(value, -0)) {
      if (value >= 0) this.head(0, value);
      else this.head(1, -1 - value);
      return;
    }
    this.need(9);
    this.buffer[this.at] = 0xfb;
    this.buffer.writeDoubleBE(value, this.at + 1);
    this.at += 9;
  }

  private need(bytes: number): void {
    const wanted = this.at + bytes;
    if (wanted <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

export type { CborWriter };
export const cborWriter = new CborWriter();
