/** Tests which reads conflict with which writes of others. */

import type { Transaction } from "../../engine/index.js";
import { firstGreaterOrEqual, MutationType } from "../../engine/index.js";
import { codeOf, codeThrown } from "./outcomes.js";
import { type Scope, type SuiteContext, value } from "./scope.js";

type Act = (tx: Transaction, s: Scope) => unknown;

/** `reader` reads and writes elsewhere, `writer` commits between; the code of the reader's commit. */
async function outcome(s: Scope, reader: Act, writer: Act): Promise<number> {
  const tx = await s.pinned();
  await reader(tx, s);
  tx.set(s.key("zz-other"), value("1"));
  const other = s.begin();
  await writer(other, s);
  await other.commit();
  return codeOf(tx.commit());
}

export function conflictTests({ describe, scoped, expect }: SuiteContext): void {
  const set =
    (name: string): Act =>
    (tx, s) =>
      tx.set(s.key(name), value("new"));
  const range =
    (begin: string, end: string, options: object = {}): Act =>
    (tx, s) =>
      tx.getRange(firstGreaterOrEqual(s.key(begin)), firstGreaterOrEqual(s.key(end)), options);
  const cases: readonly [name: string, reader: Act, writer: Act, code: number][] = [
    ["a key that was read", (tx, s) => tx.get(s.key("b")), set("b"), 1020],
    ["a key next to it", (tx, s) => tx.get(s.key("b")), set("bb"), 0],
    ["an absent key that was read", (tx, s) => tx.get(s.key("bb")), set("bb"), 1020],
    ["a snapshot read", (tx, s) => tx.get(s.key("b"), true), set("b"), 0],
    ["a phantom in a range", range("a", "d"), set("bb"), 1020],
    ["the end of a range is exclusive", range("a", "d"), set("d"), 0],
    ["an empty range", range("x", "y"), set("x1"), 1020],
    ["behind the limit", range("a", "d", { limit: 1 }), set("b"), 0],
    ["inside the limit", range("a", "d", { limit: 2 }), set("aa"), 1020],
    ["a selector's gap", (tx, s) => tx.getKey(firstGreaterOrEqual(s.key("bb"))), set("bc"), 1020],
    ["behind the key found", (tx, s) => tx.getKey(firstGreaterOrEqual(s.key("bb"))), set("ca"), 0],
    ["a cleared range", range("a", "d"), (tx, s) => tx.clearRange(s.key("b"), s.key("bz")), 1020],
    [
      "an atomic operation elsewhere on a key that was read",
      (tx, s) => tx.get(s.key("b")),
      (tx, s) => tx.atomic(MutationType.add, s.key("b"), Uint8Array.of(1)),
      1020,
    ],
    [
      "a blind atomic operation of its own",
      (tx, s) => tx.atomic(MutationType.add, s.key("b"), Uint8Array.of(1)),
      set("b"),
      0,
    ],
    [
      "reading an own write",
      async (tx, s) => {
        tx.set(s.key("b"), value("mine"));
        await tx.get(s.key("b"));
      },
      set("b"),
      0,
    ],
    [
      "reading over an own atomic operation",
      async (tx, s) => {
        tx.atomic(MutationType.add, s.key("b"), Uint8Array.of(1));
        await tx.get(s.key("b"));
      },
      set("b"),
      1020,
    ],
    ["a watch reads its key", (tx, s) => void tx.watch(s.key("b")), set("b"), 1020],
    ["an explicit read range", (tx, s) => tx.addReadConflictRange(s.key("a"), s.key("c")), set("bb"), 1020],
    [
      "an explicit write range",
      (tx, s) => tx.get(s.key("b")),
      (tx, s) => tx.addWriteConflictRange(s.key("a"), s.key("c")),
      1020,
    ],
    [
      "a write that asked for no conflict",
      (tx, s) => tx.get(s.key("b")),
      (tx, s) => {
        tx.setOption("nextWriteNoWriteConflictRange");
        tx.set(s.key("b"), value("quiet"));
      },
      0,
    ],
    ["a clear of an absent key", (tx, s) => tx.get(s.key("x")), (tx, s) => tx.clear(s.key("x")), 1020],
    [
      "the same value written again",
      (tx, s) => tx.get(s.key("b")),
      (tx, s) => tx.set(s.key("b"), value("2")),
      1020,
    ],
  ];

  describe("conflicts", () => {
    for (const [name, reader, writer, code] of cases) {
      scoped(`${name}: ${code === 0 ? "commits" : "not_committed"}`, async (s) => {
        await s.write({ a: "1", b: "2", c: "3", d: "4" });
        expect(await outcome(s, reader, writer)).toBe(code);
      });
    }

    scoped("write skew is refused, blind writes are not", async (s) => {
      const [one, two] = [await s.pinned(), await s.pinned()];
      await one.get(s.key("a"));
      await two.get(s.key("b"));
      one.set(s.key("b"), value("1"));
      two.set(s.key("a"), value("2"));
      expect([await codeOf(one.commit()), await codeOf(two.commit())]).toEqual([0, 1020]);
      const [three, four] = [await s.pinned(), await s.pinned()];
      three.set(s.key("a"), value("3"));
      four.set(s.key("a"), value("4"));
      expect([await codeOf(three.commit()), await codeOf(four.commit())]).toEqual([0, 0]);
      expect(await s.read("a")).toBe("4");
    });

    scoped("read-only transactions never conflict", async (s) => {
      const tx = await s.pinned();
      await tx.get(s.key("a"));
      await s.write({ a: "1" });
      expect(await codeOf(tx.commit())).toBe(0);
      expect(tx.getCommittedVersion()).toBe(-1n);
    });

    scoped("inverted conflict ranges throw", async (s) => {
      expect(codeThrown(() => s.begin().addReadConflictRange(s.key("b"), s.key("a")))).toBe(2005);
      expect(codeThrown(() => s.begin().addWriteConflictRange(s.key("b"), s.key("a")))).toBe(2005);
    });
  });
}
