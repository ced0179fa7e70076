import { readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
  compareTuples,
  pack,
  packWithVersionstamp,
  range,
  TupleDouble,
  TupleFloat,
  type TupleItem,
  unpack,
  uuid,
  Versionstamp,
} from "../../lib/tuple/index.js";

/** The fixtures' notation of one element. */
type Notation = null | Readonly<Record<string, unknown>>;
type Vectors = {
  vectors: { tuple: Notation[]; packed: string }[];
  ranges: { tuple: Notation[]; begin: string; end: string }[];
  incompleteVersionstamps: { tuple: Notation[]; packed: string }[];
  sortedElements: Notation[];
};

const fixture: Vectors = JSON.parse(
  readFileSync(new URL("../fixtures/tuple-vectors.json", import.meta.url), "utf8"),
);

function element(notation: Notation): TupleItem {
  if (notation === null) return null;
  const [kind, value] = Object.entries(notation)[0] as [string, never];
  switch (kind) {
    case "int":
      return BigInt(value);
    case "float32":
      return new TupleFloat(Buffer.from(value, "hex").readFloatBE());
    case "float64":
      return new TupleDouble(Buffer.from(value, "hex").readDoubleBE());
    case "bytes":
      return Buffer.from(value, "hex");
    case "uuid":
      return uuid(value);
    case "versionstamp":
      return Versionstamp.fromBytes(Buffer.from(value, "hex"), notation.user as number);
    case "incomplete":
      return Versionstamp.incomplete(value);
    case "tuple":
      return (value as Notation[]).map(element);
    default:
      return value;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("the official binding's tuples", () => {
  test("pack byte for byte", () => {
    expect(fixture.vectors.length).toBeGreaterThan(200);
    for (const { tuple, packed } of fixture.vectors) expect(hex(pack(tuple.map(element)))).toBe(packed);
  });

  test("pack the same behind a prefix", () => {
    const prefix = Buffer.from("fe00ff15", "hex");
    for (const { tuple, packed } of fixture.vectors) {
      expect(hex(pack(tuple.map(element), prefix))).toBe(`fe00ff15${packed}`);
    }
  });

  test("unpack to elements that pack to the same bytes", () => {
    for (const { packed } of fixture.vectors) {
      const bytes = Buffer.from(`0b0b${packed}`, "hex");
      expect(hex(pack(unpack(bytes, 2)))).toBe(packed);
      // A plain Uint8Array is as good as a Buffer.
      expect(hex(pack(unpack(new Uint8Array(bytes), 2)))).toBe(packed);
    }
  });

  test("give the same ranges", () => {
    for (const { tuple, begin, end } of fixture.ranges) {
      const found = range(tuple.map(element));
      expect([hex(found.begin), hex(found.end)]).toEqual([begin, end]);
    }
  });

  test("take incomplete versionstamps with the position behind", () => {
    for (const { tuple, packed } of fixture.incompleteVersionstamps) {
      expect(hex(packWithVersionstamp(tuple.map(element)))).toBe(packed);
    }
  });

  test("compare in key order", () => {
    const sorted = fixture.sortedElements.map(element);
    for (let i = 0; i < sorted.length; i++) {
      for (let j = 0; j < sorted.length; j++) {
        const order = compareTuples([sorted[i] as TupleItem], [sorted[j] as TupleItem]);
        expect(Math.sign(order)).toBe(Math.sign(i - j));
      }
    }
  });
});
