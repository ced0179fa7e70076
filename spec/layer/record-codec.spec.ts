import { describe, expect, test } from "@jest/globals";
import { Encoder } from "cbor-x";
import fc from "fast-check";
import { decodePlainBody } from "../../lib/layer/codec/plain-body.js";
import { decodeBody } from "../../lib/layer/codec/record-codec.js";
import { decodeRecord, encodeRecord, layoutOf } from "../../lib/layer/index.js";
import { Field, PrimaryKey, Schema, schemaOf } from "../../lib/schema/index.js";

@Schema("everything")
class Everything {
  @PrimaryKey("string") declare id: string;
  @Field("string") declare text: string | null;
  @Field("integer", { tag: 70 }) declare int: number | null;
  @Field("float") declare float: number | null;
  @Field("bigint") declare big: bigint | null;
  @Field("boolean", { source: "b" }) declare flag: boolean | null;
  @Field("binary") declare bytes: Uint8Array | null;
  @Field("json") declare json: unknown;
  @Field({ array: "string" }) declare list: string[] | null;
  @Field("utc_datetime_usec") declare at: Date | null;
}

const info = schemaOf(Everything);
const layout = layoutOf(info);
const seed = process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) };
const numRuns = Number(process.env.PLINTH_RUNS ?? 200);

const text = fc
  .oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.string({ maxLength: 40 }))
  .filter((s) => !/\p{Surrogate}/u.test(s));
const record = fc.record({
  text: fc.option(text),
  int: fc.option(
    fc.oneof(
      fc.maxSafeInteger(),
      fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32, -1, -25, -(2 ** 32) - 1),
    ),
  ),
  float: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0)),
  big: fc.option(fc.bigInt()),
  flag: fc.option(fc.boolean()),
  bytes: fc.option(fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))),
  // JSON has no negative zero.
  json: fc.json().map((json) => JSON.parse(json.replace(/-0\b(?!\.)/g, "0")) as unknown),
  list: fc.option(fc.array(text)),
  at: fc.option(fc.date({ noInvalidDate: true })),
});
const make = (values: object) =>
  Object.assign(Object.create(Everything.prototype) as Everything, { id: "k" }, values);

describe("the record codec", () => {
  test("gives back every value exactly", () => {
    fc.assert(
      fc.property(record, (values) => {
        const { id, ...rest } = {
          ...decodeRecord<Everything>(info, encodeRecord(info, make(values)), ["k"]),
        };
        expect([id, rest]).toEqual(["k", values]);
      }),
      { ...seed, numRuns },
    );
  });

  test.each([12, 13, 22, 23, 24, 84, 86, 127, 128, 255, 256, 4_095, 4_096, 4_097, 22_000, 66_000])(
    "text of %i letters of one, two, three and four bytes",
    (length) => {
      for (const letter of ["a", "é", "€", "😀"]) {
        for (const text of [letter.repeat(length), `a${letter.repeat(length)}`]) {
          const back = decodeRecord<Everything>(info, encodeRecord(info, make({ text, flag: true })), ["k"]);
          expect(back.text === text).toBe(true);
          expect(back.flag).toBe(true);
        }
      }
    },
  );

  test("reads plain records in the quick way just as in the general one, and writes what any CBOR reader reads", () => {
    const other = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });
    fc.assert(
      fc.property(record, (values) => {
        const bytes = encodeRecord(info, make({ ...values, json: null, list: null, big: null, at: null }));
        const quick = decodePlainBody(layout, bytes);
        const map = other.decode(bytes.subarray(1)) as Map<unknown, unknown>;
        expect(quick?.values).toEqual(layout.body.map((field) => map.get(field.key) ?? null));
        expect(map.size).toBe(quick?.values.filter((value) => value !== null).length);
      }),
      { ...seed, numRuns },
    );
  });

  test("takes fields in any order, and keeps those it does not know", () => {
    const foreign = new Encoder({ mapsAsObjects: false, useRecords: false, tagUint8Array: false });
    const map = new Map<unknown, unknown>([
      ["flagged", [1]],
      ["b", true],
      [70, 7],
      ["text", "t"],
      [71, "tagged"],
    ]);
    const bytes = Buffer.concat([Buffer.of(1), foreign.encode(map)]);
    const body = decodeBody(layout, bytes);
    expect([...(body.unknown ?? [])]).toEqual([
      ["flagged", [1]],
      [71, "tagged"],
    ]);
    expect({ ...decodeRecord<Everything>(info, bytes, ["k"]) }).toMatchObject({
      flag: true,
      int: 7,
      text: "t",
      list: null,
    });
  });

  test("refuses what is cut off, changed or of another codec", () => {
    const bytes = encodeRecord(info, make({ text: "some text", int: 70_000, float: 1.5, flag: true }));
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeBody(layout, bytes.subarray(0, length))).toThrow(
        expect.objectContaining({ code: "record_corrupt" }),
      );
    }
    expect(() => decodeBody(layout, Buffer.from([9, 0xa0]))).toThrow(/byte 9/);
  });
});
