import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { keyItemFromJson, keyItemToJson } from "../../lib/cli/transfer/key-json.js";
import { parseHeader, parseLine } from "../../lib/cli/transfer/parse-line.js";
import { type JsonValue, valueFromJson, valueToJson } from "../../lib/cli/transfer/value-json.js";
import { ImportError } from "../../lib/errors.js";
import type { StoredValue } from "../../lib/schema/index.js";
import { double, float, pack, type TupleItem, uuid, Versionstamp } from "../../lib/tuple/index.js";

const runs = {
  numRuns: Number(process.env.PLINTH_RUNS ?? 300),
  ...(process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) }),
};
const throughJson = (value: JsonValue): JsonValue => JSON.parse(JSON.stringify(value)) as JsonValue;

const bytes = fc.uint8Array({ maxLength: 20 }).map((array) => Buffer.from(array));
const { stored } = fc.letrec<{ stored: StoredValue }>((tie) => ({
  stored: fc.oneof(
    { depthSize: "small" },
    fc.constant(null),
    fc.boolean(),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    bytes,
    fc.array(tie("stored"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom("$bytes", "$bigint", "$object", "__proto__", "12")),
      tie("stored"),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

describe("values", () => {
  test("of every kind come back exactly through JSON", () => {
    fc.assert(
      fc.property(stored, (value) => {
        expect(valueFromJson(throughJson(valueToJson(value)))).toStrictEqual(value);
      }),
      runs,
    );
  });

  test("are plain JSON where JSON can say them", () => {
    expect(valueToJson({ name: "Glo-Grain", price: 1.5, tags: ["a"], gone: null })).toEqual({
      name: "Glo-Grain",
      price: 1.5,
      tags: ["a"],
      gone: null,
    });
    expect(valueToJson([1n, -0, Buffer.from("hi"), { $x: 1 }])).toEqual([
      { $bigint: "1" },
      { $float: "-0" },
      { $bytes: "aGk=" },
      { $object: { $x: 1 } },
    ]);
  });

  test.each<[JsonValue]>([
    [{ $bigint: "1.5" }],
    [{ $bigint: 1 }],
    [{ $bytes: "a" }],
    [{ $bytes: "a$==" }],
    [{ $float: "1" }],
    [{ $object: [] }],
    [{ $date: "2020-01-01" }],
  ])("that the format does not have are refused: %j", (json) => {
    expect(() => valueFromJson(json)).toThrow(ImportError);
  });
});

describe("key items", () => {
  const item: fc.Arbitrary<TupleItem> = fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.double({ noInteger: true }),
    fc.constantFrom(-0, Number.NaN, Number.NEGATIVE_INFINITY),
    fc.bigInt(),
    fc.string(),
    bytes,
    fc.double().map(double),
    fc.float().map(float),
    fc.uuid().map((text) => uuid(text)),
    fc.uint8Array({ minLength: 12, maxLength: 12 }).map((array) => Versionstamp.fromBytes(array)),
  );

  test("of every type pack to the same bytes again", () => {
    fc.assert(
      fc.property(fc.oneof(item, fc.array(item, { maxLength: 3 })), (value) => {
        const back = keyItemFromJson(throughJson(keyItemToJson(value)));
        expect(Buffer.from(pack([back]))).toEqual(Buffer.from(pack([value])));
      }),
      runs,
    );
  });

  test.each<[JsonValue]>([
    [{ $uuid: "x" }],
    [{ $versionstamp: "00" }],
    [{ $packed: "" }],
    [{ $bigint: "one" }],
    [{ $other: "" }],
    [{}],
  ])("that are none are refused: %j", (json) => {
    expect(() => keyItemFromJson(json)).toThrow(ImportError);
  });
});

describe("lines", () => {
  test("of another kind, version or shape are refused, and named", () => {
    expect(() => parseHeader("{}")).toThrow(/no header of an export/);
    expect(() => parseHeader('{"format":"plinth-export","version":3}')).toThrow(/version 3/);
    expect(() => parseHeader("PK\u0003")).toThrow(/Line 1 is no JSON/);
    expect(() => parseLine("[1]", 7)).toThrow(/Line 7/);
    expect(() => parseLine('{"source":"a","key":"b","row":{}}', 8)).toThrow(/Line 8/);
  });
});
