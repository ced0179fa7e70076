/** Packs the elements of tuples into one growing buffer.
 *
 * There is one writer for the process, and another one for whoever packs while something is packed: a getter, or a
 * proxy, that is an element.
 */

import { types } from "node:util";
import { TupleError } from "../errors.js";
import { CANONICAL_NAN_32, CANONICAL_NAN_64, TupleDouble, TupleFloat } from "./floats.js";
import { writeBigInt, writeSafeInteger } from "./integers.js";
import type { TupleItem } from "./item.js";
import { ESCAPE, MAX_DEPTH, TypeCode } from "./type-code.js";
import { TupleUuid } from "./uuid.js";
import { Versionstamp } from "./versionstamp.js";

/** Buffers above this are given back after the call that needed them. */
const KEPT_BYTES = 1 << 20;
/** Up to here a loop in JavaScript beats the call into the runtime. */
const SHORT = 48;
const loneSurrogate = /\p{Surrogate}/u;

class TupleWriter {
  buffer = Buffer.allocUnsafeSlow(4096);
  at = 0;
  /** Where the ten bytes of the incomplete versionstamp are, or -1. */
  stampAt = -1;
  incompleteStamps = 0;

  start(prefix: Uint8Array | undefined): void {
    this.at = 0;
    this.stampAt = -1;
    this.incompleteStamps = 0;
    if (this.buffer.length > KEPT_BYTES) this.buffer = Buffer.allocUnsafeSlow(4096);
    if (prefix === undefined || prefix.length === 0) return;
    this.need(prefix.length);
    this.buffer.set(prefix, 0);
    this.at = prefix.length;
  }

  /** The packed bytes, with `extra` bytes of room after them. */
  finish(extra: number): Buffer {
    const packed = Buffer.allocUnsafe(this.at + extra);
    if (this.at > SHORT) this.buffer.copy(packed, 0, 0, this.at);
    else for (let i = 0; i < this.at; i++) packed[i] = this.buffer[i]!;
    return packed;
  }

  need(bytes: number): void {
    const wanted = this.at + bytes;
    if (wanted <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(wanted, this.buffer.length * 2));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }

  item(item: TupleItem, depth: number): void {
    switch (typeof item) {
      case "string":
        this.string(item);
        return;
      case "number":
        this.number(item);
        return;
      case "bigint":
        this.at = writeBigInt(this, item);
        return;
      case "boolean":
        this.byte(item ? TypeCode.true : TypeCode.false);
        return;
      case "object":
        this.object(item, depth);
        return;
      default:
        throw new TupleError(
          `${item === undefined ? "undefined" : `A ${typeof item}`} cannot be part of a tuple; use null for "nothing".`,
        );
    }
  }

  private byte(code: number): void {
    this.need(1);
    this.buffer[this.at++] = code;
  }

  private object(item: Exclude<TupleItem, string | number | bigint | boolean>, depth: number): void {
    if (item === null) {
      this.need(2);
      this.buffer[this.at++] = TypeCode.null;
      if (depth > 0) this.buffer[this.at++] = ESCAPE;
    } else if (item instanceof Uint8Array) this.bytes(item);
    else if (Array.isArray(item)) this.nested(item, depth);
    else if (item instanceof Versionstamp) this.versionstamp(item);
    else if (item instanceof TupleDouble) this.double(item.value, item.bits);
    else if (item instanceof TupleFloat) this.float(item);
    else if (item instanceof TupleUuid) {
      this.need(17);
      this.buffer[this.at] = TypeCode.uuid;
      item.copyTo(this.buffer, this.at + 1);
      this.at += 17;
    } else if (types.isUint8Array(item)) this.bytes(item);
    else {
      const name = (item as { constructor?: { name?: string } }).constructor?.name ?? "object";
      throw new TupleError(
        `A ${name} cannot be part of a tuple; use null, a boolean, a number, a bigint, a string, bytes, ` +
          "double(x), float(x), uuid(x), a Versionstamp or an array of these (a Date: date.getTime()).",
      );
    }
  }

  private number(value: number): void {
    if (Number.isSafeInteger(value) && (value !== 0 || Object.is(value, 0))) {
      this.at = writeSafeInteger(this, value);
    } else if (Number.isInteger(value) && value !== 0) {
      throw new TupleError(
        `${value} is beyond the integers that a number holds exactly (2^53); ` +
          `write BigInt(${value}) for an integer or double(${value}) for a float64.`,
      );
    } else this.double(value, undefined);
  }

  private double(value: number, bits: bigint | undefined): void {
    this.need(9);
    const { buffer, at } = this;
    buffer[at] = TypeCode.double;
    // A NaN may carry any bits in memory; only those that were asked for are written.
    if (Number.isNaN(value)) buffer.writeBigUInt64BE(bits ?? CANONICAL_NAN_64, at + 1);
    else buffer.writeDoubleBE(value, at + 1);
    orderFloat(buffer, at + 1, 8);
    this.at = at + 9;
  }

  private float(item: TupleFloat): void {
    this.need(5);
    const { buffer, at } = this;
    buffer[at] = TypeCode.float;
    if (Number.isNaN(item.value)) buffer.writeUInt32BE(item.bits ?? CANONICAL_NAN_32, at + 1);
    else buffer.writeFloatBE(item.value, at + 1);
    orderFloat(buffer, at + 1, 4);
    this.at = at + 5;
  }

  private string(text: string): void {
    const { length } = text;
    // Three bytes for a UTF-16 unit at most, each zero byte twice, code and end.
    this.need(length * 3 + 2);
    const { buffer } = this;
    const start = this.at + 1;
    buffer[this.at] = TypeCode.string;
    if (length <= SHORT) {
      let i = 0;
      for (; i < length; i++) {
        const unit = text.charCodeAt(i);
        if (unit === 0 || unit > 0x7f) break;
        buffer[start + i] = unit;
      }
      if (i === length) {
        buffer[start + length] = 0;
        this.at = start + length + 1;
        return;
      }
    }
    const end = start + buffer.write(text, start, "utf8");
    // Only text outside ASCII can hold a surrogate, and it takes more bytes than units.
    if (end - start !== length && loneSurrogate.test(text)) {
      throw new TupleError(
        "A string with a lone surrogate cannot be part of a tuple (it has no UTF-8 form); " +
          "use text.toWellFormed(), or bytes for binary data.",
      );
    }
    this.at = end;
    this.escapeZeros(start);
  }

  private bytes(item: Uint8Array): void {
    const { length } = item;
    this.need(length * 2 + 2);
    const { buffer } = this;
    buffer[this.at] = TypeCode.bytes;
    const start = this.at + 1;
    if (length <= SHORT) {
      let at = start;
      for (let i = 0; i < length; i++) {
        const byte = item[i] as number;
        buffer[at++] = byte;
        if (byte === 0) buffer[at++] = ESCAPE;
      }
      buffer[at] = 0;
      this.at = at + 1;
      return;
    }
    this.buffer.set(item, start);
    this.at = start + item.length;
    this.escapeZeros(start);
  }

  /** Doubles as `00 ff` every zero byte from `start` on, and ends the element. */
  private escapeZeros(start: number): void {
    let zeros = 0;
    // A sentinel, so that the search never runs into what an earlier call left behind.
    this.buffer[this.at] = 0;
    for (let i = this.buffer.indexOf(0, start); i < this.at; i = this.buffer.indexOf(0, i + 1)) zeros++;
    this.need(zeros + 1);
    const { buffer } = this;
    let from = this.at - 1;
    let to = from + zeros;
    this.at = to + 1;
    for (; to > from; from--) {
      const byte = buffer[from] as number;
      if (byte === 0) buffer[to--] = ESCAPE;
      buffer[to--] = byte;
    }
    buffer[this.at++] = 0;
  }

  private nested(items: readonly TupleItem[], depth: number): void {
    if (depth >= MAX_DEPTH) {
      throw new TupleError(
        `A tuple nested deeper than ${MAX_DEPTH} cannot be packed; does an array hold itself?`,
      );
    }
    this.byte(TypeCode.nested);
    for (let i = 0; i < items.length; i++) this.item(items[i] as TupleItem, depth + 1);
    this.byte(0);
  }

  private versionstamp(stamp: Versionstamp): void {
    this.need(13);
    this.buffer[this.at] = TypeCode.versionstamp;
    stamp.copyTo(this.buffer, this.at + 1);
    if (!stamp.isComplete) {
      this.incompleteStamps++;
      this.stampAt = this.at + 1;
    }
    this.at += 13;
  }
}

/** Turns IEEE bits into bytes that sort: negative numbers inverted, the others above them. */
function orderFloat(buffer: Buffer, at: number, length: number): void {
  const first = buffer[at] as number;
  if (first < 0x80) {
    buffer[at] = first | 0x80;
    return;
  }
  for (let i = at; i < at + length; i++) buffer[i] = ~(buffer[i] as number);
}

export type { TupleWriter };

const shared = new TupleWriter();
let taken = false;

/** A writer that nobody else is writing with; to be given back. */
export function takeWriter(): TupleWriter {
  if (taken) return new TupleWriter();
  taken = true;
  return shared;
}

export function giveBack(writer: TupleWriter): void {
  if (writer === shared) taken = false;
}
