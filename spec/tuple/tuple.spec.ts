import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { TupleError } from "../../lib/errors.js";
import {
  compareTuples,
  double,
  float,
  pack,
  packWithVersionstamp,
  Subspace,
  TupleDouble,
  TupleFloat,
  type TupleItem,
  TupleUuid,
  unpack,
  uuid,
  Versionstamp,
} from "../../lib/tuple/index.js";

const runs = {
  numRuns: Number(process.env.PLINTH_RUNS ?? 300),
  ...(process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) }),
};
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const bytes = (text: string): Buffer => Buffer.from(text, "hex");

/** A total order of elements, written from the documentation and not from the encoder. */
function rank(item: TupleItem): number {
  if (item === null) return 0;
  if (item instanceof Uint8Array) return 1;
  if (typeof item === "string") return 2;
  if (Array.isArray(item)) return 3;
  if (
    typeof item === "bigint" ||
    (typeof item === "number" && Number.isInteger(item) && !Object.is(item, -0))
  )
    return 4;
  if (item instanceof TupleFloat) return 5;
  if (typeof item === "number" || item instanceof TupleDouble) return 6;
  if (item === false) return 7;
  if (item === true) return 8;
  return item instanceof TupleUuid ? 9 : 10;
}

function compareFloats(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  if (a === b) return Number(Object.is(b, -0)) - Number(Object.is(a, -0));
  return a < b ? -1 : 1;
}

function compareItems(a: TupleItem, b: TupleItem): number {
  const kind = rank(a);
  if (kind !== rank(b)) return kind - rank(b);
  if (a instanceof Uint8Array) return Buffer.compare(a, b as Uint8Array);
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  if (Array.isArray(a)) return compareArrays(a, b as TupleItem[]);
  if (kind === 4)
    return BigInt(a as bigint) < BigInt(b as bigint) ? -1 : Number(BigInt(a as bigint) > BigInt(b as bigint));
  if (kind === 5 || kind === 6) return compareFloats(Number(a), Number(b));
  if (a instanceof TupleUuid) return a.toString() < String(b) ? -1 : Number(a.toString() > String(b));
  if (a instanceof Versionstamp) return a.compare(b as Versionstamp);
  return 0;
}

function compareArrays(a: readonly TupleItem[], b: readonly TupleItem[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareItems(a[i] as TupleItem, b[i] as TupleItem);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const payload = fc
  .uint8Array({ maxLength: 12 })
  .map((b) => Buffer.from(b.map((x) => (x % 3 === 0 ? x % 2 : x))));
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 12 }).filter((s) => !/\p{Surrogate}/u.test(s)),
  fc.string({ unit: fc.constantFrom("\0", "a", "é", "\uffff", "😀"), maxLength: 70 }),
);
const { tuple } = fc.letrec<{ item: TupleItem; tuple: TupleItem[] }>((tie) => ({
  tuple: fc.array(tie("item"), { maxLength: 4 }),
  item: fc.oneof(
    { maxDepth: 4, depthIdentifier: "tuple" },
    fc.constant(null),
    payload,
    text,
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.integer({ min: -300, max: 70_000 }),
    fc.bigInt({ min: -(1n << 80n), max: 1n << 80n }),
    fc.double().map((x) => (Number.isInteger(x) ? double(x) : x)),
    fc.float().map((x) => float(x)),
    fc.uuid().map((x) => uuid(x)),
    fc
      .uint8Array({ minLength: 12, maxLength: 12 })
      .map((b) => Versionstamp.fromBytes(b))
      .filter((v) => v.isComplete),
    tie("tuple"),
  ),
}));

describe("pack and unpack", () => {
  test("are inverse", () => {
    fc.assert(
      fc.property(tuple, (items) => {
        const found = unpack(pack(items));
        expect(compareArrays(items, found)).toBe(0);
        expect(hex(pack(found))).toBe(hex(pack(items)));
      }),
      runs,
    );
  });

  test("keep the order of tuples", () => {
    fc.assert(
      fc.property(tuple, tuple, (a, b) => {
        expect(Math.sign(Buffer.compare(pack(a), pack(b)))).toBe(Math.sign(compareArrays(a, b)));
        expect(Math.sign(compareTuples(a, b))).toBe(Math.sign(compareArrays(a, b)));
      }),
      runs,
    );
  });

  test("refuse garbage with a typed error, or give back what packs again", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (noise) => {
        try {
          pack(unpack(noise));
        } catch (error) {
          expect(error).toBeInstanceOf(TupleError);
        }
      }),
      runs,
    );
  });

  test("choose the type of a number by its value", () => {
    expect(hex(pack([1]))).toBe("1501");
    expect(hex(pack([1.0]))).toBe("1501");
    expect(hex(pack([double(1)]))).toBe("21bff0000000000000");
    expect(hex(pack([-0]))).toBe("217fffffffffffffff");
    expect(hex(pack([1.5]))).toBe("21bff8000000000000");
    expect(hex(pack([Number.NaN]))).toBe("21fff8000000000000");
    expect(() => pack([2 ** 53])).toThrow(/BigInt\(9007199254740992\)/);
    expect(() => pack([1e300])).toThrow(TupleError);
    expect(unpack(bytes("21bff0000000000000"))).toEqual([double(1)]);
    expect(unpack(bytes("21bff8000000000000"))).toEqual([1.5]);
    expect(unpack(pack([-0, Number.NEGATIVE_INFINITY, Number.NaN]))).toEqual([-0, -Infinity, NaN]);
    expect(unpack(pack([2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n)]))).toEqual([
      9007199254740991,
      2n ** 53n,
      -(2n ** 53n),
    ]);
  });

  test("keep a NaN's payload", () => {
    for (const packed of [
      "21fff8000000000001",
      "2100000000000000ff",
      "20ffc00001",
      "20003fffff",
      "20ffc00000",
    ]) {
      expect(hex(pack(unpack(bytes(packed))))).toBe(packed);
    }
  });

  test("read both forms of 2^64-1", () => {
    const largest = 2n ** 64n - 1n;
    expect(unpack(bytes("1cffffffffffffffff"))).toEqual([largest]);
    expect(unpack(bytes("0c0000000000000000"))).toEqual([-largest]);
    expect(hex(pack([largest]))).toBe("1d08ffffffffffffffff");
    expect(hex(pack([-largest]))).toBe("0bf70000000000000000");
  });

  test("grow beyond every buffer", () => {
    const long = "x\0é".repeat(400_000);
    expect(unpack(pack([long, Buffer.alloc(50_000), 7]))).toEqual([long, Buffer.alloc(50_000), 7]);
    expect(unpack(pack([8]))).toEqual([8]);
  });

  test("hand out bytes of their own", () => {
    const first = pack(["a"]);
    pack(["b"]);
    expect(unpack(first)).toEqual(["a"]);
  });
});

describe("what is refused", () => {
  const cycle: TupleItem[] = [];
  cycle.push(cycle);
  test.each<[string, unknown]>([
    ["undefined", undefined],
    ["a function", () => 1],
    ["a symbol", Symbol("s")],
    ["a Date", new Date(0)],
    ["a plain object", {}],
    ["a lone high surrogate", "a\ud800"],
    ["a lone low surrogate", "\udc00 in a string that is longer than forty-eight units of UTF-16"],
    ["an integer of 256 bytes", 1n << 2040n],
    ["a cycle", cycle],
    ["an incomplete versionstamp", Versionstamp.incomplete()],
  ])("%s", (_, item) => {
    expect(() => pack([item as TupleItem])).toThrow(TupleError);
  });

  test("a tuple that is no array", () => {
    expect(() => pack("a" as never)).toThrow(/pack\(\[value\]\)/);
  });

  test.each([
    ["03", 0],
    ["1501ff", 2],
    ["0261", 0],
    ["026100ff", 0],
    ["02ff00", 0],
    ["02eda08000", 0],
    ["1401", 1],
    ["1b0102", 0],
    ["1d", 0],
    ["1d0401", 0],
    ["0bfe", 0],
    ["21000000", 0],
    ["30ff", 0],
    ["33ff", 0],
    ["0515", 1],
    ["0500ff", 0],
    ["15050505", 3],
    ["05".repeat(2000), 500],
  ])("the bytes %.24s", (packed, offset) => {
    expect(() => unpack(bytes(packed))).toThrow(TupleError);
    expect(() => unpack(bytes(packed))).toThrow(`offset ${offset}`);
  });

  test("a number of incomplete versionstamps other than one", () => {
    const stamp = Versionstamp.incomplete();
    const reason = (pack: () => unknown): unknown => {
      try {
        return pack();
      } catch (error) {
        return error instanceof TupleError ? error.reason : error;
      }
    };
    expect(reason(() => packWithVersionstamp(["a"]))).toBe("no_incomplete_versionstamp");
    expect(reason(() => packWithVersionstamp([stamp, [stamp]]))).toBe("several_incomplete_versionstamps");
    expect(reason(() => pack([stamp]))).toBe("incomplete_versionstamp");
    expect(reason(() => pack([new Date() as never]))).toBe("invalid");
    expect(hex(packWithVersionstamp([stamp], Buffer.from("ab")))).toBe(
      "616233ffffffffffffffffffff000003000000",
    );
  });
});

describe("a versionstamp", () => {
  const stamp = Versionstamp.fromBytes(bytes("0000000000000102000300ff"));

  test("knows its parts", () => {
    expect([stamp.version, stamp.batch, stamp.user, stamp.isComplete]).toEqual([258n, 3, 255, true]);
    expect(Versionstamp.incomplete(9).isComplete).toBe(false);
    expect(Versionstamp.incomplete(255).complete(bytes("00000000000001020003")).equals(stamp)).toBe(true);
  });

  test("goes through text, integers and bytes", () => {
    expect(Versionstamp.fromString(stamp.toString()).equals(stamp)).toBe(true);
    expect(Versionstamp.fromBigInt(stamp.toBigInt()).equals(stamp)).toBe(true);
    expect(Versionstamp.fromBytes(stamp.toBytes()).equals(stamp)).toBe(true);
    expect(JSON.stringify({ stamp })).toBe('{"stamp":"0000000000000102000300ff"}');
  });

  test("sorts the same in every form", () => {
    const stampBytes = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((b) => Versionstamp.fromBytes(b));
    fc.assert(
      fc.property(stampBytes, stampBytes, (a, b) => {
        const order = Math.sign(a.compare(b));
        expect(Math.sign(Number(a.toBigInt() - b.toBigInt()))).toBe(order);
        expect(a.toString() < b.toString() ? -1 : Number(a.toString() > b.toString())).toBe(order);
      }),
      runs,
    );
  });

  test("cannot be changed from outside", () => {
    const source = Buffer.alloc(12, 1);
    const own = Versionstamp.fromBytes(source);
    source.fill(2);
    own.toBytes().fill(3);
    expect(own.toString()).toBe("01".repeat(12));
    expect(() => Object.assign(own, { version: 1n })).toThrow(TypeError);
  });

  test.each([["x"], ["00"], [""]])("refuses the text %p", (value) => {
    expect(() => Versionstamp.fromString(value)).toThrow(TupleError);
  });

  test("refuses other lengths and user parts", () => {
    expect(() => Versionstamp.fromBytes(Buffer.alloc(11))).toThrow(TupleError);
    expect(() => Versionstamp.incomplete(65_536)).toThrow(TupleError);
    expect(() => Versionstamp.incomplete(-1)).toThrow(TupleError);
    expect(() => Versionstamp.fromBigInt(1n << 96n)).toThrow(TupleError);
  });
});

describe("a subspace", () => {
  const space = new Subspace(bytes("1505"), ["users"]);

  test("packs, unpacks and ranges behind its prefix", () => {
    const key = space.pack([1, "x"]);
    expect(hex(key)).toBe(`1505${hex(pack(["users", 1, "x"]))}`);
    expect(space.unpack(key)).toEqual([1, "x"]);
    expect(space.subspace([1]).unpack(key)).toEqual(["x"]);
    expect(hex(space.range([1]).begin)).toBe(`${hex(space.pack([1]))}00`);
    expect(hex(space.range().end)).toBe(`${hex(space.key)}ff`);
  });

  test("knows what it contains", () => {
    expect(space.contains(space.pack([null]))).toBe(true);
    expect(space.contains(space.key)).toBe(true);
    expect(space.contains(bytes("1505"))).toBe(false);
    expect(() => space.unpack(bytes("1505"))).toThrow(TupleError);
  });
});

describe("a uuid", () => {
  test("takes text and bytes", () => {
    const value = uuid("FFFFFFFF-ba5e-ba11-0000-00005ca1ab1e");
    expect(value.toString()).toBe("ffffffff-ba5e-ba11-0000-00005ca1ab1e");
    expect(uuid(value.toBytes()).equals(value)).toBe(true);
    expect(uuid("ffffffffba5eba11000000005ca1ab1e").equals(value)).toBe(true);
    expect(() => uuid("nope")).toThrow(TupleError);
    expect(() => uuid(Buffer.alloc(15))).toThrow(TupleError);
  });
});

test("deep equality tells two versionstamps apart", () => {
  const [a, b] = [Versionstamp.fromBigInt(1n), Versionstamp.fromBigInt(2n)];
  expect({ id: a }).not.toEqual({ id: b });
  expect({ id: a }).toEqual({ id: Versionstamp.fromBigInt(1n) });
});
