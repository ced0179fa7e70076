import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { patched } from "../../lib/wire/read/index.js";
import { dataOf, difference } from "../../lib/wire/write/index.js";

const numRuns = Number(process.env.PLINTH_RUNS ?? 300);
const names = fc.constantFrom("a", "b", "__proto__", "constructor", "set", "in", "unset", "", "0");
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, 0, -0, 1, "", "x", 1n, new Date(1), new Date(2)),
    fc.uint8Array({ maxLength: 2 }),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(names, tie("value")), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
  ),
}));
const row = fc.array(fc.tuple(names, value), { maxLength: 4 }).map((entries) => Object.fromEntries(entries));

describe("a patch", () => {
  test("makes the next value of the one before, and changes neither", () => {
    fc.assert(
      fc.property(row, row, (before, after) => {
        const copies = [structuredClone(before), structuredClone(after)];
        const patch = difference(before, after, dataOf)!;
        const made = patched(before, patch) as object;
        expect(made).toEqual(after);
        expect(Object.keys(made).sort()).toEqual(Object.keys(after).sort());
        expect([before, after]).toEqual(copies);
      }),
      { numRuns },
    );
  });

  test("holds what differs, at any depth, and nothing else", () => {
    const big = "x".repeat(50_000);
    const before = {
      big,
      n: 1,
      meta: {
        big,
        list: [
          { big, n: 1 },
          { big, n: 2 },
        ],
        gone: 1,
      },
    };
    const after = {
      big,
      n: 2,
      meta: {
        big,
        list: [
          { big, n: 1 },
          { big, n: 3 },
        ],
      },
    };
    expect(difference(before, after, dataOf)).toEqual({
      set: { n: 2 },
      in: { meta: { unset: ["gone"], in: { list: { in: { "1": { set: { n: 3 } } } } } } },
    });
    const made = patched(before, difference(before, after, dataOf)) as typeof after;
    expect(made.meta.list[0]).toBe(before.meta.list[0]);
  });

  test("is none where the whole has to be told: lists of another length, other kinds, single values", () => {
    expect(difference([1], [1, 2], dataOf)).toBeUndefined();
    expect(difference({}, [], dataOf)).toBeUndefined();
    expect(difference(1, 2, dataOf)).toBeUndefined();
    expect(difference(new Date(1), new Date(2), dataOf)).toBeUndefined();
  });
});
