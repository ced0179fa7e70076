/** Unpacks the elements of a tuple one after the other.
 *
 * Byte strings come out as views on the input.
 */

import { isUtf8 } from "node:buffer";
import { TupleError } from "../errors.js";
import { CANONICAL_NAN_32, CANONICAL_NAN_64, TupleDouble, TupleFloat } from "./floats.js";
import { readInteger } from "./integers.js";
import type { TupleItem } from "./item.js";
import { ESCAPE, MAX_DEPTH, TypeCode } from "./type-code.js";
import { TupleUuid } from "./uuid.js";
import { Versionstamp } from "./versionstamp.js";

export class TupleReader {
  private readonly source: Buffer;
  private at: number;

  constructor(source: Buffer, at: number) {
    this.source = source;
    this.at = at;
  }

  all(): TupleItem[] {
    const items: TupleItem[] = [];
    const { length } = this.source;
    while (this.at < length) items.push(this.item(0));
    return items;
  }

  private item(depth: number): TupleItem {
    const start = this.at++;
    const code = this.source[start] as number;
    if (code === TypeCode.string) return this.string(start);
    if (code >= TypeCode.zero - 8 && code <= TypeCode.zero + 8) return this.integer(start, code);
    switch (code) {
      case TypeCode.null:
        return null;
      case TypeCode.bytes:
        return this.bytes(start);
      case TypeCode.nested:
        return this.nested(start, depth);
      case TypeCode.negativeBig:
      case TypeCode.positiveBig:
        return this.bigInteger(start, code === TypeCode.negativeBig);
      case TypeCode.float:
        return this.float(start);
      case TypeCode.double:
        return this.double(start);
      case TypeCode.false:
        return false;
      case TypeCode.true:
        return true;
      case TypeCode.uuid:
        return new TupleUuid(this.take(16, start));
      case TypeCode.versionstamp:
        return Versionstamp.fromBytes(this.take(12, start));
      default:
        throw garbage(start, `0x${code.toString(16).padStart(2, "0")} starts no element`);
    }
  }

  private take(bytes: number, start: number): Buffer {
    const from = this.at;
    if (from + bytes > this.source.length) throw truncated(start);
    this.at = from + bytes;
    return this.source.subarray(from, this.at);
  }

  private integer(start: number, code: number): number | bigint {
    const negative = code < TypeCode.zero;
    const bytes = negative ? TypeCode.zero - code : code - TypeCode.zero;
    const from = this.at;
    if (from + bytes > this.source.length) throw truncated(start);
    this.at = from + bytes;
    return readInteger(this.source, from, bytes, negative);
  }

  private bigInteger(start: number, negative: boolean): number | bigint {
    const first = this.take(1, start)[0] as number;
    const bytes = negative ? first ^ 0xff : first;
    const from = this.at;
    this.take(bytes, start);
    return readInteger(this.source, from, bytes, negative);
  }

  /** The payload of a string or of bytes, without its escapes; moves past its end. */
  private payload(start: number): Buffer {
    const { source } = this;
    const from = this.at;
    let end = source.indexOf(0, from);
    if (end === -1) throw truncated(start);
    if (source[end + 1] !== ESCAPE) {
      this.at = end + 1;
      return source.subarray(from, end);
    }
    const parts: Buffer[] = [];
    let partFrom = from;
    while (source[end + 1] === ESCAPE) {
      parts.push(source.subarray(partFrom, end + 1));
      partFrom = end + 2;
      end = source.indexOf(0, partFrom);
      if (end === -1) throw truncated(start);
    }
    parts.push(source.subarray(partFrom, end));
    this.at = end + 1;
    return Buffer.concat(parts);
  }

  private bytes(start: number): Uint8Array {
    return this.payload(start);
  }

  private string(start: number): string {
    const { source } = this;
    let end = this.at;
    let byte = source[end];
    while (byte !== undefined && byte !== 0 && byte < 0x80) byte = source[++end];
    if (byte === 0 && source[end + 1] !== ESCAPE) {
      const text = source.toString("latin1", this.at, end);
      this.at = end + 1;
      return text;
    }
    const payload = this.payload(start);
    if (!isUtf8(payload)) throw garbage(start, "the string is not UTF-8");
    return payload.toString("utf8");
  }

  private nested(start: number, depth: number): TupleItem[] {
    if (depth >= MAX_DEPTH) throw garbage(start, `tuples nest deeper than ${MAX_DEPTH}`);
    const { source } = this;
    const items: TupleItem[] = [];
    for (;;) {
      if (this.at >= source.length) throw truncated(start);
      if (source[this.at] !== 0) items.push(this.item(depth + 1));
      else if (source[this.at + 1] === ESCAPE) {
        items.push(null);
        this.at += 2;
      } else {
        this.at++;
        return items;
      }
    }
  }

  private double(start: number): number | TupleDouble {
    const raw = Buffer.from(this.take(8, start));
    unorderFloat(raw);
    const value = raw.readDoubleBE(0);
    if (Number.isNaN(value)) {
      const bits = raw.readBigUInt64BE(0);
      return bits === CANONICAL_NAN_64 ? value : new TupleDouble(value, bits);
    }
    // A plain number stands for itself only if packing it gives these bytes again.
    return Number.isInteger(value) && !Object.is(value, -0) ? new TupleDouble(value) : value;
  }

  private float(start: number): TupleFloat {
    const raw = Buffer.from(this.take(4, start));
    unorderFloat(raw);
    const value = raw.readFloatBE(0);
    const bits = Number.isNaN(value) ? raw.readUInt32BE(0) : CANONICAL_NAN_32;
    return bits === CANONICAL_NAN_32 ? new TupleFloat(value) : new TupleFloat(value, bits);
  }
}

function unorderFloat(raw: Buffer): void {
  const first = raw[0] as number;
  if (first >= 0x80) raw[0] = first & 0x7f;
  else for (let i = 0; i < raw.length; i++) raw[i] = ~(raw[i] as number);
}

const garbage = (at: number, why: string): TupleError =>
  new TupleError(`The bytes are no packed tuple: ${why} (offset ${at}). Was the key written by pack()?`);

const truncated = (at: number): TupleError => garbage(at, "the element is cut off");
