import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { UtcDateTime } from "../../lib/schema/index.js";
import { type Tag, unpack } from "../../lib/wire/read/index.js";
import { difference, pack } from "../../lib/wire/write/index.js";

const seed = process.env.PLINTH_SEED === undefined ? {} : { seed: Number(process.env.PLINTH_SEED) };
const numRuns = Number(process.env.PLINTH_RUNS ?? 300);

/** Through text, as on a wire. */
function sent(value: unknown): unknown {
  const { json, tag } = JSON.parse(JSON.stringify(pack(value))) as { json: unknown; tag?: Tag };
  return unpack(json, tag);
}

const odd = [
  "$date",
  "$bigint",
  "$bytes",
  "tag",
  "json",
  "__proto__",
  "constructor",
  "toJSON",
  "",
  "$",
  "a.b",
  "0",
  "\u2028",
  "\n",
];
const name = fc.oneof(fc.constantFrom(...odd), fc.string({ maxLength: 4 }));

const leaf = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.string(),
  fc.constantFrom(...odd, "d", "n", "b", "f", "*", "5n", "-0", "NaN"),
  fc.double(),
  fc.maxSafeInteger(),
  fc.bigInt(),
  fc.date({ noInvalidDate: false }),
  fc.uint8Array({ maxLength: 9 }),
);

const { value } = fc.letrec<{ value: unknown; list: unknown[]; object: object }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, leaf, tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc
    .array(
      fc.tuple(
        name.filter((text) => text !== "toJSON"),
        tie("value"),
      ),
      { maxLength: 4 },
    )
    .map((entries) => Object.fromEntries(entries)),
}));

/** Equal to the last bit, with own fields called __proto__. */
function describeAll(part: unknown): unknown {
  if (typeof part === "number") return Object.is(part, -0) ? "-0" : String(part);
  if (typeof part === "bigint") return `${part}n`;
  if (part instanceof Date) return ["date", String(part.getTime())];
  if (part instanceof Uint8Array) return ["bytes", ...part];
  if (Array.isArray(part)) return ["list", ...part.map(describeAll)];
  if (typeof part !== "object" || part === null) return [typeof part, String(part)];
  return ["object", ...Object.entries(part).map(([key, inner]) => [key, describeAll(inner)])];
}

describe("values go through text", () => {
  test("and are what they were, whatever they are called and look like", () => {
    fc.assert(
      fc.property(value, (given) => {
        expect(describeAll(sent(given))).toEqual(describeAll(given));
      }),
      { numRuns, ...seed },
    );
  });

  test("JSON that looks like a tag, like the wire, or like JavaScript is text like any other", () => {
    for (const text of [
      '{"$date":1700000000000}',
      '{"$bigint":"12"}',
      '{"$bytes":"AAEC"}',
      '{"tag":"d","json":5}',
      '[[5,"d"]]',
      '{"__proto__":{"at":5},"constructor":{"prototype":{}},"\\u2028":"\\r\\n\\n data: x"}',
    ]) {
      const json: unknown = JSON.parse(text);
      expect(pack(json)).toEqual({ json, tag: undefined });
      // Beside a value that does have a tag, too.
      expect(JSON.stringify(sent({ json, at: new Date(5) }))).toBe(JSON.stringify({ json, at: new Date(5) }));
    }
  });
});

describe("a tag is said once for a column", () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      id: `r${i}`,
      at: i % 3 === 0 ? null : new Date(i),
      size: [BigInt(i)],
    }));

  test("whatever the number of rows", () => {
    expect(pack(rows(3)).tag).toEqual([{ at: "d", size: ["n"] }]);
    expect(pack(rows(1_000)).tag).toEqual(pack(rows(3)).tag);
  });

  test("and by each value only where a column holds different things", () => {
    const { json, tag } = pack([{ x: 5 }, { x: 5n }, { x: null }, { x: { at: new Date(1) } }]);
    expect(tag).toEqual([{ x: "*" }]);
    expect(json).toEqual([{ x: [5] }, { x: ["5", "n"] }, { x: null }, { x: [{ at: 1 }, { at: "d" }] }]);
  });

  test("and plain data is not copied", () => {
    const plain = { a: [1, "x", { b: null }] };
    expect(pack(plain).json).toBe(plain);
  });
});

describe("what is no plain data", () => {
  test("is sent as its toJSON says, at any depth", () => {
    class Money {
      constructor(readonly cents: bigint) {}
      toJSON() {
        return { amount: this.cents, at: new Date(5) };
      }
    }
    expect(sent([{ price: new Money(5n) }])).toEqual([{ price: { amount: 5n, at: new Date(5) } }]);
  });

  test.each([
    ["a map", new Map([[1, 2]])],
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a pattern", /x/],
  ])("%s is refused, not lost", (_, given) => {
    expect(() => pack([{ given }])).toThrow("cannot be sent to a browser");
  });
});

test("a frame keeps the microseconds that a date has, and a browser's Date loses no more than these", () => {
  for (const text of [
    "2026-01-31T10:00:00.123456Z",
    "1969-12-31T23:59:59.999001Z",
    "+010000-01-01T00:00:00.000001Z",
  ]) {
    const given = UtcDateTime.from(text);
    const { json } = pack([given]) as { json: [string] };
    expect(new Date(json[0]).getTime()).toBe(given.getTime());
    expect(json[0]).toBe(text);
    expect(sent([given])).toEqual([new Date(given.getTime())]);
  }
  expect(pack([new Date(5), UtcDateTime.from(5000n)]).json).toEqual([5, 5]);
  const moved = UtcDateTime.from("2026-01-31T10:00:00.123456Z");
  moved.setTime(7);
  expect(pack([moved]).json).toEqual([7]);
  expect(unpack([5], ["d"])).toEqual([new Date(5)]);
  const [a, b] = [UtcDateTime.from(5001n), UtcDateTime.from(5002n)];
  const same = (one: unknown) => one;
  expect(difference({ at: a }, { at: b }, same)).toEqual({ set: { at: b } });
  expect(difference({ at: a }, { at: UtcDateTime.from(5001n) }, same)).toEqual({});
});
