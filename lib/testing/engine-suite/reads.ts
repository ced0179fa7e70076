/** Tests reads of keys, ranges and selectors. */

import {
  firstGreaterOrEqual,
  firstGreaterThan,
  lastLessOrEqual,
  lastLessThan,
  readRange,
  readRangeAll,
  StreamingMode,
} from "../../engine/index.js";
import { codeOf } from "./outcomes.js";
import { type SuiteContext, text } from "./scope.js";

export function readTests({ describe, scoped, expect }: SuiteContext): void {
  describe("reads", () => {
    scoped("absent and empty differ", async (s) => {
      await s.write({ empty: "" });
      expect(await s.read("empty")).toBe("");
      expect(await s.read("absent")).toBe(undefined);
    });

    scoped("what is given out belongs to the caller, who may change it", async (s) => {
      await s.write({ a: "1", b: "2" });
      const [begin, end] = [firstGreaterOrEqual(s.key("a")), firstGreaterOrEqual(s.key("c"))];
      for (const way of ["point", "range"]) {
        const tx = await s.pinned();
        const { rows } = way === "range" ? await tx.getRange(begin, end) : { rows: [] };
        const given = [...rows.map(([, value]) => value), (await tx.get(s.key("a"))) as Uint8Array];
        for (const value of given) value.fill(0x78);
        // Beside an own write, a range is put together of what was read before.
        tx.set(s.key("aa"), Buffer.from("3"));
        const exact = await tx.getRange(begin, firstGreaterOrEqual(s.key("ab")));
        expect(exact.rows.map(([, value]) => text(value))).toEqual(["1", "3"]);
        expect(await s.all(tx)).toEqual(["a=1", "aa=3", "b=2"]);
        ((await tx.get(s.key("aa"))) as Uint8Array).fill(0x78);
        expect(await s.all(tx)).toEqual(["a=1", "aa=3", "b=2"]);
      }
    });

    scoped("a transaction reads one moment", async (s) => {
      await s.write({ a: "1" });
      const tx = await s.pinned();
      await s.write({ a: "2" });
      expect(text(await tx.get(s.key("a")))).toBe("1");
      expect(await s.read("a")).toBe("2");
    });

    scoped("the past can be read at a version", async (s) => {
      await s.write({ a: "1", gone: "x" });
      const version = await s.begin().getReadVersion();
      const change = s.begin();
      change.set(s.key("a"), Buffer.from("2"));
      change.clear(s.key("gone"));
      change.set(s.key("new"), Buffer.from("y"));
      await change.commit();
      const past = s.begin();
      past.setReadVersion(version);
      expect(await s.all(past)).toEqual(["a=1", "gone=x"]);
      const present = s.begin();
      present.setReadVersion(change.getCommittedVersion());
      expect(await s.all(present)).toEqual(["a=2", "new=y"]);
    });

    scoped("ranges: limit, reverse, more", async (s) => {
      await s.write({ a: "1", b: "2", c: "3", d: "4" });
      const begin = firstGreaterOrEqual(s.key("a"));
      const end = firstGreaterOrEqual(s.key("d"));
      const names = async (options: object): Promise<unknown[]> => {
        const batch = await s.begin().getRange(begin, end, options);
        return [batch.more, ...batch.rows.map((row) => s.name(row[0]))];
      };
      expect(await names({})).toEqual([false, "a", "b", "c"]);
      expect(await names({ limit: 2 })).toEqual([true, "a", "b"]);
      expect(await names({ limit: 3 })).toEqual([true, "a", "b", "c"]);
      expect(await names({ limit: 2, reverse: true })).toEqual([true, "c", "b"]);
      expect(await names({ limit: 9, mode: StreamingMode.exact })).toEqual([false, "a", "b", "c"]);
    });

    scoped("ranges: batches add up to the whole, both ways", async (s) => {
      const names = Array.from({ length: 300 }, (_, i) => String(i).padStart(3, "0"));
      await s.write(Object.fromEntries(names.map((name) => [name, "v".repeat(100)])));
      const forward: string[] = [];
      for await (const [key] of readRange(s.begin(), s.key(""), s.key("\xff"))) forward.push(s.name(key));
      expect(forward).toEqual(names);
      const backward: string[] = [];
      for await (const [key] of readRange(s.begin(), s.key(""), s.key("\xff"), {
        reverse: true,
        mode: StreamingMode.small,
      }))
        backward.push(s.name(key));
      expect(backward).toEqual([...names].reverse());
      const some = await readRangeAll(s.begin(), s.key("100"), s.key("\xff"), { limit: 7 });
      expect(some.map((row) => s.name(row[0]))).toEqual(names.slice(100, 107));
    });

    scoped("selectors name keys relative to keys", async (s) => {
      await s.write({ b: "", d: "", f: "" });
      const tx = s.begin();
      const name = async (selector: Parameters<typeof tx.getKey>[0]): Promise<string> =>
        s.name(await tx.getKey(selector));
      expect(await name(firstGreaterOrEqual(s.key("d")))).toBe("d");
      expect(await name(firstGreaterThan(s.key("d")))).toBe("f");
      expect(await name(lastLessThan(s.key("d")))).toBe("b");
      expect(await name(lastLessOrEqual(s.key("e")))).toBe("d");
      expect(await name({ key: s.key("a"), orEqual: false, offset: 3 })).toBe("f");
      expect(await name({ key: s.key("f"), orEqual: true, offset: -2 })).toBe("b");
    });

    scoped("bad ranges are refused or empty as the client does", async (s) => {
      const a = firstGreaterOrEqual(s.key("a"));
      const b = firstGreaterOrEqual(s.key("b"));
      expect((await s.begin().getRange(b, a)).rows.length).toBe(0);
      expect(await codeOf(s.begin().getRange(a, b, { limit: -2 }))).toBe(2012);
      expect(await codeOf(s.begin().getRange(a, b, { mode: StreamingMode.exact }))).toBe(2210);
      expect(await codeOf(s.begin().get(Buffer.from([0xff, 1])))).toBe(2004);
    });
  });
}
