import { runInNewContext } from "node:vm";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RecordCorruptError, TupleError } from "../../lib/errors.js";
import { decodeHeader } from "../../lib/layer/codec/chunks.js";
import { decodeCborRaw, encodeCbor, encodeHeader, joinChunks } from "../../lib/layer/codec/index.js";
import { decodeRecord, encodeRecord } from "../../lib/layer/codec/record-codec.js";
import { decodeLogEntry } from "../../lib/layer/log/decode-log-entry.js";
import { Field, PrimaryKey, Schema, type StoredValue, schemaOf } from "../../lib/schema/index.js";
import { compareTuples, pack, unpack, Versionstamp } from "../../lib/tuple/index.js";

const runs = Number(process.env.PLINTH_RUNS ?? 300);

@Schema("wide")
class Wide {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare s: string;
  @Field("integer") declare i: number;
  @Field("float") declare f: number;
  @Field("bigint") declare g: bigint;
  @Field("boolean") declare o: boolean;
  @Field("binary") declare by: Uint8Array;
  @Field("uuid") declare u: string;
  @Field("date") declare d: string;
  @Field("time") declare t: string;
  @Field("utc_datetime") declare at: Date;
  @Field("decimal") declare m: string;
  @Field("json") declare j: unknown;
  @Field({ array: "string" }) declare l: string[];
}

const fits: Record<string, (value: unknown) => boolean> = {
  s: (v) => typeof v === "string",
  i: Number.isSafeInteger,
  f: (v) => typeof v === "number" && Number.isFinite(v),
  g: (v) => typeof v === "bigint",
  o: (v) => typeof v === "boolean",
  by: (v) => v instanceof Uint8Array,
  u: (v) => typeof v === "string" && v.length === 36,
  d: (v) => typeof v === "string" && /^\d{4}-\d\d-\d\d$/.test(v),
  t: (v) => typeof v === "string" && /^\d\d:\d\d:\d\d/.test(v),
  at: (v) => v instanceof Date && !Number.isNaN(v.getTime()),
  m: (v) => typeof v === "string" && /^-?\d+(\.\d+)?$/.test(v),
  j: () => true,
  l: (v) => Array.isArray(v) && v.every((item) => typeof item === "string"),
};

const full = {
  id: "x",
  s: "text",
  i: -7,
  f: 1.5,
  g: 1n << 80n,
  o: true,
  by: Buffer.from([1, 2, 3]),
  u: "0190b5e6-7c3a-7000-8000-0123456789ab",
  d: "2026-01-31",
  t: "13:45:00.25",
  at: new Date(1e12),
  m: "12.50",
  j: { a: [1, null] },
  l: ["p", "q"],
};
const info = schemaOf(Wide);
const good = Buffer.from(encodeRecord(info, Object.assign(new Wide(), full)));

/** What damage makes of good bytes: cut, longer, with other bytes, with flipped bits. */
const damaged = (bytes: Uint8Array): fc.Arbitrary<Buffer> =>
  fc
    .tuple(
      fc.constantFrom("cut", "longer", "byte", "bit", "gone"),
      fc.nat(),
      fc.nat(),
      fc.uint8Array({ maxLength: 6 }),
    )
    .map(([kind, a, b, noise]) => {
      const at = a % bytes.length;
      const copy = Buffer.from(bytes);
      if (kind === "cut") return copy.subarray(0, at);
      if (kind === "longer") return Buffer.concat([copy.subarray(0, at), noise, copy.subarray(at)]);
      if (kind === "gone") return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + (b % 4))]);
      copy[at] = kind === "byte" ? b & 0xff : copy[at]! ^ (1 << (b & 7));
      return copy;
    });

describe("a damaged record", () => {
  test("is told, or every field has a value of its type", () => {
    fc.assert(
      fc.property(fc.oneof(damaged(good), fc.uint8Array({ maxLength: 60 })), (bytes) => {
        let record: Record<string, unknown>;
        try {
          record = decodeRecord(info, bytes, ["x"]);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordCorruptError);
          return;
        }
        for (const [name, fit] of Object.entries(fits))
          if (record[name] !== null && !fit(record[name]))
            throw new Error(`${name}: ${String(record[name])}`);
      }),
      { numRuns: runs * 5 },
    );
  });

  const stored: StoredValue[] = [
    5,
    -1.5,
    1n << 70n,
    true,
    "text",
    "7",
    Buffer.from([1]),
    ["a"],
    ["a", 1],
    { a: 1 },
  ];
  test.each(Object.keys(fits))(
    "%s, written with any other type, is converted or refused, and named",
    (name) => {
      for (const value of stored) {
        const bytes = Buffer.concat([Buffer.of(1), encodeCbor({ [name]: value })]);
        try {
          const read = decodeRecord<Record<string, unknown>>(info, bytes, ["x"])[name];
          expect([value, fits[name]!(read)]).toEqual([value, true]);
        } catch (error) {
          expect(error).toBeInstanceOf(RecordCorruptError);
          expect((error as Error).message).toContain(`Wide.${name}`);
        }
      }
    },
  );

  test("numbers are converted where nothing is lost", () => {
    const read = (values: Record<string, StoredValue>): Record<string, unknown> =>
      decodeRecord(info, Buffer.concat([Buffer.of(1), encodeCbor(values)]), ["x"]);
    expect(read({ i: 7n, f: 3, g: 5, m: 12 })).toMatchObject({ i: 7, f: 3, g: 5n, m: "12" });
    expect(() => read({ i: 1.5 })).toThrow(RecordCorruptError);
    expect(() => read({ i: 1n << 60n })).toThrow(RecordCorruptError);
  });
});

describe("lengths", () => {
  test.each([
    "9a06ffffff",
    "9b0000000000ffffffff",
    "bb00000000ffffffff",
    "5affffffff",
    "7affffffff",
    "9f",
    "bf6161",
    "c1001a",
    "d81c80",
    "818181",
  ])("that no bytes bear out (%s) are refused before anything is allocated", (hex) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decodeCborRaw(Buffer.from(hex, "hex"))).toThrow(RecordCorruptError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });

  test("of deep nesting are refused, and those that are written are not", () => {
    expect(() => decodeCborRaw(Buffer.alloc(20_000, 0x81))).toThrow(RecordCorruptError);
    let nested: StoredValue = 1;
    for (let i = 0; i < 300; i++) nested = [nested];
    expect(decodeCborRaw(encodeCbor(nested))).toEqual(nested);
  });

  test("of a chunked record are not allocated before the chunks are there", () => {
    const header = Buffer.from(encodeHeader(Buffer.alloc(10)));
    header.writeUInt32BE(0x7fff_ffff, 1);
    header.writeUInt32BE(0x7fff_ffff, 5);
    const before = process.memoryUsage().arrayBuffers;
    expect(() => joinChunks(decodeHeader(header), [Buffer.alloc(16, 3)])).toThrow(RecordCorruptError);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20);
  });
});

test("whatever is encoded is decoded again", () => {
  const value: fc.Arbitrary<StoredValue> = fc.letrec<{ any: StoredValue }>((tie) => ({
    any: fc.oneof(
      { depthSize: "small" },
      fc.constant(null),
      fc.boolean(),
      fc.double({ noNaN: true }).map((n) => n + 0),
      fc.integer(),
      fc.bigInt().filter((n) => n > 1n << 64n || n < -(1n << 64n)),
      fc.string(),
      fc.array(tie("any")),
    ),
  })).any;
  fc.assert(
    fc.property(value, (one) => expect(decodeCborRaw(encodeCbor(one))).toEqual(one)),
    { numRuns: runs },
  );
});

test("a damaged entry of the log is told, or has an operation and a key", () => {
  const at = Versionstamp.fromBytes(Buffer.alloc(12, 1));
  const entry = Buffer.concat([
    Buffer.of(1),
    encodeCbor([1, pack(["x"]), ["s"], { s: "old" }, null, good] as unknown as StoredValue),
  ]);
  // Objects are written as maps with text keys, as entries have them.
  expect(decodeLogEntry(at, entry)).toMatchObject({ op: "update", pk: ["x"], old: { s: "old" } });
  fc.assert(
    fc.property(fc.oneof(damaged(entry), fc.uint8Array({ maxLength: 60 })), (bytes) => {
      try {
        const read = decodeLogEntry(at, bytes);
        void read.new;
        expect(["insert", "update", "delete"]).toContain(read.op);
        expect(Array.isArray(read.pk)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(RecordCorruptError);
      }
    }),
    { numRuns: runs * 5 },
  );
});

describe("tuples", () => {
  test("a damaged one is told, or packs to what it is", () => {
    const packed = pack(["users", 42, null, [null, "a\0b", -5], Buffer.from([0, 255]), 1.5, true]);
    fc.assert(
      fc.property(damaged(packed), (bytes) => {
        try {
          const items = unpack(bytes);
          expect(unpack(pack(items))).toEqual(items);
        } catch (error) {
          expect(error).toBeInstanceOf(TupleError);
        }
      }),
      { numRuns: runs * 3 },
    );
  });

  test("bytes of another realm are bytes", () => {
    const foreign = runInNewContext("new Uint8Array([1, 0, 3])") as Uint8Array;
    expect(pack([foreign, [foreign]])).toEqual(pack([Uint8Array.of(1, 0, 3), [Uint8Array.of(1, 0, 3)]]));
  });

  test("what is packed may pack", () => {
    const items = ["first", "second"];
    Object.defineProperty(items, 1, {
      enumerable: true,
      get() {
        pack(["something else".repeat(20), 12_345, [1n << 70n]]);
        return "second";
      },
    });
    expect(pack(items)).toEqual(pack(["first", "second"]));
    expect(compareTuples(items, ["first", "second"])).toBe(0);
    const failing = ["first", "second"];
    Object.defineProperty(failing, 1, {
      get() {
        throw new Error("no");
      },
    });
    expect(() => pack(failing)).toThrow("no");
    expect(pack(items)).toEqual(pack(["first", "second"]));
  });
});
