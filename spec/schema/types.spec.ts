import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { InvalidValueError } from "../../lib/errors.js";
import { bindType } from "../../lib/schema/definition/bind-type.js";
import {
  builtinType,
  type CastResult,
  enumOf,
  type FieldType,
  findBuiltinType,
  resolveType,
} from "../../lib/schema/index.js";
import { isWellFormed } from "../../lib/schema/types/code-points.js";
import { pack, Versionstamp } from "../../lib/tuple/index.js";
import { runs } from "./runs.js";

/** Packs beside neighbours, so that a key that ends early would be seen. */
function keyOf(type: FieldType, value: unknown): Uint8Array {
  return pack(["p", type.toKey?.(value) ?? null, "s"]);
}

interface Orderable {
  readonly type: FieldType;
  readonly values: fc.Arbitrary<unknown>;
  /** The order of the values, written without the code under test. */
  readonly compare: (a: never, b: never) => number;
}

const order = (a: number | bigint | string, b: number | bigint | string) => (a < b ? -1 : a > b ? 1 : 0);
const byCodePoint = (a: string, b: string) => {
  const [x, y] = [[...a], [...b]].map((text) => text.map((one) => one.codePointAt(0) as number)) as [
    number[],
    number[],
  ];
  const at = x.findIndex((point, i) => point !== y[i]);
  return at === -1 ? x.length - y.length : (x[at] as number) - (y[at] ?? -1);
};
const text = fc.oneof(
  fc.string({ unit: "binary" }).filter((value) => isWellFormed(value)),
  fc.string({ unit: fc.constantFrom("\u0000", "a", "ÿ", "\uffff", "\u{1f600}", "～") }),
);
const decimals = fc
  .tuple(fc.constantFrom("", "-"), fc.bigInt({ min: 0n, max: 10n ** 25n }), fc.integer({ min: 0, max: 28 }))
  .map(([sign, digits, places]) => {
    const padded = digits.toString().padStart(places + 1, "0");
    const whole = padded.slice(0, padded.length - places);
    return `${sign}${whole}${places === 0 ? "" : `.${padded.slice(padded.length - places)}`}`;
  })
  .map((value) => (/[1-9]/.test(value) ? value : value.replace("-", "")));
/** A decimal as an integer of a fixed number of places. */
const scaled = (value: string) => {
  const [whole = "", fraction = ""] = value.replace("-", "").split(".");
  const size = BigInt(whole + fraction.padEnd(30, "0"));
  return value.startsWith("-") ? -size : size;
};
const dates = fc.date({ noInvalidDate: true });
const days = fc
  .date({ min: new Date("0000-01-01T00:00:00Z"), max: new Date("9999-12-31T00:00:00Z"), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10));
const times = fc.integer({ min: 0, max: 86_399_999_999 }).map((microseconds) => {
  const whole = new Date(Math.floor(microseconds / 1000)).toISOString().slice(11, 19);
  const fraction = String(microseconds % 1_000_000)
    .padStart(6, "0")
    .replace(/0+$/, "");
  return fraction === "" ? whole : `${whole}.${fraction}`;
});
const microsecondsOf = (time: string) => {
  const [clock = "", fraction = ""] = time.split(".");
  return Date.parse(`1970-01-01T${clock}Z`) * 1000 + Number(fraction.padEnd(6, "0"));
};
const bytes = fc.uint8Array({ maxLength: 12 });
const stamps = fc.uint8Array({ minLength: 12, maxLength: 12 }).map((value) => {
  value[0] = (value[0] as number) & 0x7f;
  return Versionstamp.fromBytes(value);
});
const colours = enumOf("red", "green", "blue", "\u{1f600}", "～");

const orderable: Record<string, Orderable> = {
  id: { type: builtinType("id"), values: fc.maxSafeInteger(), compare: order },
  integer: { type: builtinType("integer"), values: fc.maxSafeInteger(), compare: order },
  float: {
    type: builtinType("float"),
    values: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer()),
    compare: order,
  },
  bigint: {
    type: builtinType("bigint"),
    values: fc.bigInt({ min: -(2n ** 600n), max: 2n ** 600n }),
    compare: order,
  },
  boolean: {
    type: builtinType("boolean"),
    values: fc.boolean(),
    compare: (a: boolean, b: boolean) => Number(a) - Number(b),
  },
  string: { type: builtinType("string"), values: text, compare: byCodePoint },
  binary_id: { type: builtinType("binary_id"), values: text, compare: byCodePoint },
  binary: {
    type: builtinType("binary"),
    values: bytes,
    compare: (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b),
  },
  uuid: { type: builtinType("uuid"), values: fc.uuid(), compare: order },
  date: {
    type: builtinType("date"),
    values: days,
    compare: (a: string, b: string) => Date.parse(a) - Date.parse(b),
  },
  time: {
    type: builtinType("time"),
    values: times,
    compare: (a: string, b: string) => microsecondsOf(a) - microsecondsOf(b),
  },
  utc_datetime: { type: builtinType("utc_datetime"), values: dates, compare: (a: Date, b: Date) => +a - +b },
  utc_datetime_usec: {
    type: builtinType("utc_datetime_usec"),
    values: dates,
    compare: (a: Date, b: Date) => +a - +b,
  },
  decimal: {
    type: builtinType("decimal"),
    values: decimals,
    compare: (a: string, b: string) => order(scaled(a), scaled(b)),
  },
  versionstamp: {
    type: builtinType("versionstamp"),
    values: stamps,
    compare: (a: Versionstamp, b: Versionstamp) => order(a.toBigInt(), b.toBigInt()),
  },
  enum: { type: colours as FieldType, values: fc.constantFrom(...colours.values), compare: byCodePoint },
  array: {
    type: resolveType({ array: "integer" }),
    values: fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 4 }),
    compare(a: number[], b: number[]) {
      const at = a.findIndex((item, i) => item !== b[i]);
      if (at === -1) return a.length - b.length;
      return at >= b.length ? 1 : (a[at] as number) - (b[at] as number);
    },
  },
};

describe.each(Object.entries(orderable))("%s", (name, { type, values, compare }) => {
  test("keys sort as values do, and as compare says", () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const expected = Math.sign(compare(a as never, b as never));
        expect(Math.sign(Buffer.compare(keyOf(type, a), keyOf(type, b)))).toBe(expected);
        if (type.compare !== undefined) expect(Math.sign(type.compare(a, b))).toBe(expected);
      }),
      runs(80),
    );
  });

  test("values survive storing, and keys where they are exact", () => {
    fc.assert(
      fc.property(values, (value) => {
        const back = type.load(type.dump(value));
        expect(same(type, back, value)).toBe(true);
        if (name !== "float") expect(back).toStrictEqual(value);
        const fromKey = type.fromKey?.(type.toKey?.(value) ?? null);
        expect(same(type, fromKey, value)).toBe(true);
        if (type.lossyKey !== true && name !== "float") expect(fromKey).toStrictEqual(value);
      }),
      runs(80),
    );
  });

  test("casts its own values to themselves, and null is no value of it", () => {
    fc.assert(
      fc.property(values, (value) => {
        const cast = type.cast(value);
        expect(cast.ok).toBe(true);
        if (cast.ok && name !== "utc_datetime") expect(same(type, cast.value, value)).toBe(true);
      }),
      runs(30),
    );
    const bound = bindType(type, "Sample", "field", false);
    expect(bound.dump(null)).toBeNull();
    expect(bound.load(null)).toBeNull();
    expect(bound.toKey?.(null)).toBeNull();
    expect(bound.fromKey?.(null)).toBeNull();
    expect(bound.cast(null)).toEqual({ ok: true, value: null });
  });

  test("never throws from cast, and never stores what it cannot hold", () => {
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true, withTypedArray: true }),
        (value) => {
          const cast = type.cast(value);
          if (!cast.ok) expect(cast.message).toBe("is invalid");
          else expect(() => type.dump(cast.value)).not.toThrow();
          try {
            type.load(type.dump(value));
          } catch (error) {
            expect(error).toBeInstanceOf(InvalidValueError);
          }
        },
      ),
      runs(80),
    );
  });
});

function same(type: FieldType, a: unknown, b: unknown): boolean {
  return (
    type.equal?.(a, b) ??
    (Object.is(a, b) || (a instanceof Uint8Array ? Buffer.compare(a, b as Uint8Array) === 0 : a === b))
  );
}

describe("what a type cannot hold", () => {
  test.each<[string, unknown]>([
    ["integer", 2 ** 53],
    ["integer", 1.5],
    ["integer", Number.NaN],
    ["integer", "1"],
    ["integer", 1n],
    ["id", Number.POSITIVE_INFINITY],
    ["float", Number.NaN],
    ["float", Number.NEGATIVE_INFINITY],
    ["bigint", 1],
    ["boolean", 1],
    ["string", "\ud800"],
    ["string", "a\udc00b"],
    ["string", 7],
    ["binary_id", "\udfff"],
    ["binary", "text"],
    ["uuid", "not-a-uuid"],
    ["date", "2026-02-30"],
    ["date", "2026-1-1"],
    ["date", new Date(0)],
    ["time", "24:00:00"],
    ["time", "12:61:00"],
    ["utc_datetime", new Date(Number.NaN)],
    ["utc_datetime_usec", "2026-01-01T00:00:00Z"],
    ["decimal", "1e999999"],
    ["decimal", "1,5"],
    ["decimal", 1.5],
    ["decimal", ""],
    ["versionstamp", "abc"],
    ["json", undefined],
    ["json", { a: 1n }],
    ["json", [Number.NaN]],
    ["json", new Map()],
    ["json", () => 1],
  ])("%s refuses %p with class, field and value", (name, value) => {
    const bound = bindType(builtinType(name), "Product", "field", false);
    if (value === undefined) return expect(bound.dump(value)).toBeNull();
    expect(() => bound.dump(value)).toThrow(InvalidValueError);
    expect(() => bound.dump(value)).toThrow(/^Product\.field \(\w+\) cannot hold .+: expected /);
    if (bound.toKey !== undefined) expect(() => bound.toKey?.(value)).toThrow(InvalidValueError);
  });

  test("a cycle is no JSON value, nor one nested too deep", () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    for (const value of [cycle, deep]) {
      expect(() => builtinType("json").dump(value)).toThrow(InvalidValueError);
      expect(builtinType("json").cast(value)).toEqual({ ok: false, message: "is invalid" });
    }
  });

  test("a bigint beyond 255 bytes is a value but no key", () => {
    const type = builtinType("bigint");
    expect(type.load(type.dump(2n ** 5000n))).toBe(2n ** 5000n);
    expect(() => type.toKey?.(2n ** 2040n)).toThrow(InvalidValueError);
    expect(type.fromKey?.(type.toKey?.(-(2n ** 2040n) + 1n) ?? null)).toBe(-(2n ** 2040n) + 1n);
  });

  test("a redacted value is not shown", () => {
    const bound = bindType(builtinType("integer"), "User", "pin", true);
    expect(() => bound.dump("hunter2")).toThrow(/User\.pin/);
    expect(() => bound.dump("hunter2")).not.toThrow(/hunter2/);
  });

  test("a custom type's own failure names the field", () => {
    const type: FieldType<string> = {
      name: "odd",
      cast: (value) => ({ ok: true, value: String(value) }),
      dump: () => {
        throw new RangeError("no luck");
      },
      load: (stored) => stored as string,
    };
    expect(() => bindType(type as FieldType, "Product", "sku", false).dump("x")).toThrow(
      /^Product\.sku \(odd\) cannot hold "x": no luck\.$/,
    );
  });
});

describe("input", () => {
  const cast = (name: string, value: unknown): unknown => {
    const result: CastResult<unknown> = builtinType(name).cast(value);
    return result.ok ? result.value : "INVALID";
  };

  test.each<[string, unknown, unknown]>([
    ["integer", "42", 42],
    ["integer", "+7", 7],
    ["integer", "-0", 0],
    ["integer", 12n, 12],
    ["integer", "1.0", "INVALID"],
    ["integer", "9007199254740992", "INVALID"],
    ["integer", "9".repeat(10_000), "INVALID"],
    ["integer", true, "INVALID"],
    ["float", "1.5e3", 1500],
    ["float", "1", 1],
    ["float", "0x10", "INVALID"],
    ["float", "Infinity", "INVALID"],
    ["float", "1e999", "INVALID"],
    ["float", " ", "INVALID"],
    ["bigint", "123456789012345678901234567890", 123456789012345678901234567890n],
    ["bigint", 5, 5n],
    ["bigint", 1.5, "INVALID"],
    ["boolean", "true", true],
    ["boolean", "0", false],
    ["boolean", "yes", "INVALID"],
    ["string", "x", "x"],
    ["string", 1, "INVALID"],
    ["string", "\ud800", "INVALID"],
    ["uuid", "01890F3C-0000-7000-8000-00000000000A", "01890f3c-0000-7000-8000-00000000000a"],
    ["uuid", "01890f3c", "INVALID"],
    ["date", "2024-02-29", "2024-02-29"],
    ["date", "2023-02-29", "INVALID"],
    ["date", "2024-02-29T23:59:59+02:00", "2024-02-29"],
    ["date", new Date("2024-02-29T10:00:00Z"), "2024-02-29"],
    ["date", new Date(Number.NaN), "INVALID"],
    ["time", "09:30", "09:30:00"],
    ["time", "09:30:00.500", "09:30:00.5"],
    ["time", "9:30", "INVALID"],
    ["utc_datetime", "2026-03-01T12:34:56.789Z", new Date("2026-03-01T12:34:56Z")],
    ["utc_datetime", "2026-03-01 12:34", new Date("2026-03-01T12:34:00Z")],
    ["utc_datetime", new Date("1969-12-31T23:59:59.500Z"), new Date("1969-12-31T23:59:59Z")],
    ["utc_datetime_usec", "2026-03-01T12:34:56.789+01:00", new Date("2026-03-01T11:34:56.789Z")],
    ["utc_datetime_usec", "+020000-01-01T00:00:00.000Z", new Date("+020000-01-01T00:00:00.000Z")],
    ["utc_datetime_usec", "2026-02-30T00:00:00Z", "INVALID"],
    ["utc_datetime_usec", "now", "INVALID"],
    ["utc_datetime_usec", 1_700_000_000_000, "INVALID"],
    ["decimal", "0012.50", "12.50"],
    ["decimal", "-0.00", "0.00"],
    ["decimal", "1e3", "1000"],
    ["decimal", "12.5e-3", "0.0125"],
    ["decimal", 0.1, "0.1"],
    ["decimal", 10n, "10"],
    ["decimal", ".5", "0.5"],
    ["decimal", ".", "INVALID"],
    ["decimal", "NaN", "INVALID"],
    ["json", { a: [1, null, "x"] }, { a: [1, null, "x"] }],
    ["json", new Date(0), "INVALID"],
  ])("%s takes %p for %p", (name, value, expected) => {
    expect(cast(name, value)).toStrictEqual(expected);
  });

  test("an enum names its values, an array the place of a bad item", () => {
    expect(colours.cast("mauve")).toEqual({
      ok: false,
      message: "is invalid",
      meta: { enum: colours.values },
    });
    expect(resolveType({ array: "integer" }).cast([1, "x"])).toEqual({
      ok: false,
      message: "is invalid",
      meta: { index: 1 },
    });
    expect(resolveType({ array: "integer" }).cast([1, null])).toMatchObject({ ok: false });
    expect(() => enumOf("a", "a" as never)).toThrow(/different names/);
  });

  test("JSON keeps a key that would be a prototype, and copies what it was given", () => {
    const type = builtinType("json");
    const given: unknown = JSON.parse('{"__proto__":{"admin":true},"list":[1]}');
    const result = type.cast(given);
    expect(result.ok).toBe(true);
    const value = (result as { value: Record<string, unknown> }).value;
    expect(value["admin" as string]).toBeUndefined();
    expect(Object.keys(value)).toEqual(["__proto__", "list"]);
    expect(JSON.stringify(type.load(type.dump(value)))).toBe('{"__proto__":{"admin":true},"list":[1]}');
    (given as { list: number[] }).list.push(2);
    expect(value.list).toEqual([1]);
  });
});

describe("types by name", () => {
  test("an index registration finds built-in types, enums and arrays of them", () => {
    expect(findBuiltinType("array(array(string))")?.toKey?.([["a"]])).toEqual([["a"]]);
    expect(findBuiltinType("enum")?.toKey?.("anything")).toBe("anything");
    expect(findBuiltinType("cents")).toBeUndefined();
    expect(findBuiltinType("array(cents)")).toBeUndefined();
    expect(() => builtinType("toString")).toThrow(/There is no type "toString"/);
  });

  test("equal decimals share a key", () => {
    const type = builtinType("decimal");
    expect(type.toKey?.("1")).toEqual(type.toKey?.("1.00"));
    expect(type.equal?.("1", "1.00")).toBe(true);
    expect(type.dump("1.00")).toBe("1.00");
    expect(type.toKey?.("0")).toEqual(type.toKey?.("-0.0"));
  });
});
