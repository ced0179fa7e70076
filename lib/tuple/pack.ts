/** Packs tuples into bytes that sort as the tuples do, and unpacks them. */

import { TupleError } from "../errors.js";
import type { TupleItem } from "./item.js";
import { TupleReader } from "./reader.js";
import { giveBack, type TupleWriter, takeWriter } from "./writer.js";

/** All keys from `begin` up to, but without, `end`. */
export interface KeyRange {
  /** The first key that may be in it. */
  readonly begin: Uint8Array;
  /** The first key behind it. */
  readonly end: Uint8Array;
}

function packed<T>(
  items: readonly TupleItem[],
  prefix: Uint8Array | undefined,
  finish: (writer: TupleWriter) => T,
): T {
  const writer = takeWriter();
  try {
    write(writer, items, prefix);
    return finish(writer);
  } finally {
    giveBack(writer);
  }
}

function write(writer: TupleWriter, items: readonly TupleItem[], prefix: Uint8Array | undefined): void {
  if (!Array.isArray(items)) {
    throw new TupleError("A tuple is an array; write pack([value]) for a tuple of one element.");
  }
  writer.start(prefix);
  for (let i = 0; i < items.length; i++) writer.item(items[i] as TupleItem, 0);
}

function checkComplete(writer: TupleWriter): void {
  if (writer.incompleteStamps > 0) {
    throw new TupleError(
      "An incomplete versionstamp has no bytes before its commit; use packWithVersionstamp(items) together " +
        "with atomic(MutationType.setVersionstampedKey, …).",
      { reason: "incomplete_versionstamp" },
    );
  }
}

const finish = (writer: TupleWriter): Buffer => writer.finish(0);

function finishComplete(writer: TupleWriter): Buffer {
  checkComplete(writer);
  return writer.finish(0);
}

/**
 * Packs a tuple into bytes that sort as the tuple does, after an optional raw prefix.
 *
 * @example pack(["users", 42]) // 02 75 73 65 72 73 00 15 2a
 * @throws TupleError for a value that has no place in a tuple
 * @see https://github.com/apple/foundationdb/blob/main/design/tuple.md
 */
export function pack(items: readonly TupleItem[], prefix?: Uint8Array): Uint8Array {
  return packed(items, prefix, finishComplete);
}

/**
 * Packs a tuple with exactly one incomplete versionstamp and appends the stamp's position (4 bytes, little endian), as the
 * operations `setVersionstampedKey` and `setVersionstampedValue` take it.
 *
 * @example packWithVersionstamp(["events", Versionstamp.incomplete()])
 * @throws TupleError with the `reason` `no_incomplete_versionstamp` or `several_incomplete_versionstamps`
 */
export function packWithVersionstamp(items: readonly TupleItem[], prefix?: Uint8Array): Uint8Array {
  return packed(items, prefix, (writer) => {
    if (writer.incompleteStamps === 0) {
      throw new TupleError(
        "packWithVersionstamp needs a Versionstamp.incomplete() in the tuple, and there is none; pack() takes it as it is.",
        { reason: "no_incomplete_versionstamp" },
      );
    }
    if (writer.incompleteStamps > 1) {
      throw new TupleError(
        `The tuple has ${writer.incompleteStamps} incomplete versionstamps, and a commit fills one; give the others a ` +
          "value, or write a key for each.",
        { reason: "several_incomplete_versionstamps" },
      );
    }
    const bytes = writer.finish(4);
    bytes.writeUInt32LE(writer.stampAt, bytes.length - 4);
    return bytes;
  });
}

/**
 * Unpacks what {@link pack} made, from `prefixLength` (bytes, default 0) on.
 *
 * Integers come back as `number` when safe, else as `bigint`. A float64 comes back as a plain `number` when that number
 * packs to the same bytes, else (`double(2)`) as a {@link TupleDouble}; so `pack(unpack(key))` is `key`. Byte strings may
 * be views on `bytes`; copy them before changing either.
 *
 * @example unpack(pack(["users", 42])) // ["users", 42]
 * @throws TupleError naming the offset of what is no tuple
 */
export function unpack(bytes: Uint8Array, prefixLength = 0): TupleItem[] {
  const source = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return new TupleReader(source, prefixLength).all();
}

/**
 * All keys whose tuples extend `items`; `items` itself is not among them.
 *
 * @example const { begin, end } = range(["users"]); // ["users", 1], ["users", 1, "name"], …
 * @throws TupleError for a value that has no place in a tuple
 */
export function range(items: readonly TupleItem[], prefix?: Uint8Array): KeyRange {
  return packed(items, prefix, (writer) => {
    checkComplete(writer);
    const begin = writer.finish(1);
    const end = writer.finish(1);
    begin[begin.length - 1] = 0x00;
    end[end.length - 1] = 0xff;
    return { begin, end };
  });
}

/**
 * Negative, zero or positive, as `a` sorts before, with or after `b` in the key space.
 *
 * @example compareTuples(["a", 2], ["a", 10]) // negative
 * @throws TupleError for a value that has no place in a tuple
 */
export function compareTuples(a: readonly TupleItem[], b: readonly TupleItem[]): number {
  const first = packed(a, undefined, finish);
  return packed(b, undefined, (writer) => first.compare(writer.buffer, 0, writer.at));
}
