import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { applyChanges, type Change } from "../../lib/sync/live/change.js";
import { diffEntries, returnedKeys } from "../../lib/sync/view/diff.js";
import { type Entry, noFields } from "../../lib/sync/view/entry.js";
import { longestIncreasing } from "../../lib/sync/view/longest-increasing.js";
import { propertyRuns } from "./runs.js";

const entry = (key: number, value: number): Entry => {
  const row = { key, value };
  return { key: String(key), id: key, row, value: row };
};

/** Two lists over the same few keys, with unchanged rows shared between them. */
const lists = fc
  .tuple(
    fc.uniqueArray(fc.nat(30), { maxLength: 20 }),
    fc.uniqueArray(fc.nat(30), { maxLength: 20 }),
    fc.array(fc.nat(30)),
  )
  .map(([a, b, changed]) => {
    const rows = new Map(a.map((key) => [key, entry(key, 0)]));
    return {
      before: a.map((key) => rows.get(key)!),
      after: b.map((key) => (changed.includes(key) ? entry(key, 1) : (rows.get(key) ?? entry(key, 0)))),
    };
  });

const values = (entries: readonly Entry[]) => entries.map((e) => e.value);

describe("the changes between two lists", () => {
  test("lead from one to the other when they are applied in order", () => {
    fc.assert(
      fc.property(lists, ({ before, after }) => {
        const changes = diffEntries(before, after, noFields);
        expect(applyChanges(values(before), changes)).toEqual(values(after));
      }),
      propertyRuns(300),
    );
  });

  test("tell each row at most once, and nothing when nothing changed", () => {
    fc.assert(
      fc.property(lists, ({ before, after }) => {
        const changes = diffEntries(before, after, noFields);
        expect(new Set(changes.map((c) => c.key)).size).toBe(changes.length);
        expect(diffEntries(after, after.slice(), noFields)).toEqual([]);
      }),
      propertyRuns(200),
    );
  });

  test("keep the identity of unchanged rows", () => {
    const a = entry(1, 0);
    const b = entry(2, 0);
    const b2 = entry(2, 1);
    const changes = diffEntries([a, b], [a, b2], noFields);
    expect(changes).toHaveLength(1);
    expect(applyChanges(values([a, b]), changes)[0]).toBe(a.value);
  });

  test("move one row with one step, wherever it goes", () => {
    const rows = Array.from({ length: 50 }, (_, i) => entry(i, 0));
    const moved = [...rows.slice(1), rows[0]!];
    expect(diffEntries(rows, moved, noFields)).toMatchObject([{ op: "update", key: 0, from: 0, index: 49 }]);
  });

  test("tell a row that left and returned as a delete and an insert", () => {
    const rows = [entry(1, 0), entry(2, 0)];
    const changes = diffEntries(rows, [rows[0]!, entry(2, 1)], noFields, returnedKeys(new Set(["2"])));
    expect(changes.map((c: Change<unknown>) => c.op)).toEqual(["delete", "insert"]);
  });

  test("a large reversal is still exact", () => {
    const rows = Array.from({ length: 8_000 }, (_, i) => entry(i, 0));
    const reversed = rows.slice().reverse();
    expect(applyChanges(values(rows), diffEntries(rows, reversed, noFields))).toEqual(values(reversed));
  });
});

test("a longest increasing subsequence is increasing and not shorter than any found by trying", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(40), { maxLength: 9 }), (numbers) => {
      const kept = [...longestIncreasing(numbers)].sort((a, b) => a - b).map((i) => numbers[i]!);
      expect(kept).toEqual([...kept].sort((a, b) => a - b));
      let best = 0;
      for (let mask = 0; mask < 1 << numbers.length; mask++) {
        const picked = numbers.filter((_, i) => (mask >> i) & 1);
        if (picked.every((n, i) => i === 0 || picked[i - 1]! < n)) best = Math.max(best, picked.length);
      }
      expect(kept.length).toBe(best);
    }),
    propertyRuns(60),
  );
});
