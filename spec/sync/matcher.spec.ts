import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { IntervalTree } from "../../lib/sync/log/interval-tree.js";
import { type FieldTest, Matcher } from "../../lib/sync/log/matcher.js";
import { propertyRuns } from "./runs.js";

const value = fc.constantFrom("a", "b", "c", "d", "e");
const fieldTest: fc.Arbitrary<FieldTest> = fc.oneof(
  fc.record({ kind: fc.constant("points" as const), points: fc.uniqueArray(value, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("range" as const), low: value, high: value }),
);
const tests = fc
  .dictionary(fc.constantFrom("x", "y", "z"), fieldTest)
  .map((d) => new Map(Object.entries(d)) as ReadonlyMap<string, FieldTest>);

const holds = (test: FieldTest, v: string) =>
  test.kind === "points" ? test.points.includes(v) : test.low <= v && v < test.high;

describe("the matcher", () => {
  test("finds every query that a row matches, also after others were removed", () => {
    fc.assert(
      fc.property(
        fc.array(tests, { maxLength: 12 }),
        fc.array(fc.nat(11)),
        fc.record({ x: value, y: value, z: fc.option(value, { nil: undefined }) }),
        (queries, removed, row) => {
          const matcher = new Matcher<number>();
          queries.forEach((query, i) => {
            matcher.add(i, query, (field) => field !== "y" || i % 2 === 0);
          });
          for (const i of removed) matcher.remove(i);
          const found = new Set<number>();
          matcher.candidates((field) => row[field as "x"], found);
          queries.forEach((query, i) => {
            if (removed.includes(i)) expect(found.has(i)).toBe(false);
            else if ([...query].every(([f, t]) => row[f as "x"] === undefined || holds(t, row[f as "x"]))) {
              expect(found.has(i)).toBe(true);
            }
          });
        },
      ),
      propertyRuns(300),
    );
  });

  test("asks only the queries with the row's values, however many there are", () => {
    const matcher = new Matcher<number>();
    for (let i = 0; i < 10_000; i++) {
      matcher.add(i, new Map([["owner", { kind: "points", points: [`u${i}`] }]]), () => true);
    }
    const found = new Set<number>();
    matcher.candidates(() => "u77", found);
    expect([...found]).toEqual([77]);
  });

  test("asks only the ranges over the row's value", () => {
    const matcher = new Matcher<number>();
    for (let i = 100; i < 1_100; i++) {
      const range = { kind: "range" as const, low: `k${i}`, high: `k${i + 2}` };
      matcher.add(i, new Map([["rank", range]]), () => true);
    }
    const found = new Set<number>();
    matcher.candidates(() => "k500", found);
    expect([...found].sort()).toEqual([499, 500]);
  });

  test("forgets everything that was removed", () => {
    const matcher = new Matcher<number>();
    const range = { kind: "range" as const, low: "a", high: "z" };
    matcher.add(1, new Map([["x", range]]), () => true);
    matcher.add(2, new Map([["x", { kind: "points" as const, points: ["b"] }]]), () => true);
    matcher.add(3, new Map(), () => true);
    for (const i of [1, 2, 3]) matcher.remove(i);
    const found = new Set<number>();
    matcher.candidates(() => "b", found);
    expect([...found, matcher.size]).toEqual([0]);
  });
});

test("the interval tree finds what a list of intervals finds", () => {
  const interval = fc.tuple(value, value);
  fc.assert(
    fc.property(fc.array(interval), fc.array(fc.nat(20)), value, (intervals, removed, point) => {
      const tree = new IntervalTree<number>();
      intervals.forEach(([low, high], i) => {
        tree.add(low, high, i);
      });
      const gone = new Set(removed.filter((i) => i < intervals.length));
      for (const i of gone) tree.remove(intervals[i]![0], intervals[i]![1], i);
      const found: number[] = [];
      tree.at(point, (i) => found.push(i));
      const expected = intervals.flatMap(([l, h], i) => (!gone.has(i) && l <= point && point < h ? [i] : []));
      expect(found.sort((a, b) => a - b)).toEqual(expected);
      expect(tree.size).toBe(intervals.length - gone.size);
    }),
    propertyRuns(300),
  );
});
