/** Tests how a transaction sees its own writes. */

import { firstGreaterOrEqual, MutationType } from "../../engine/index.js";
import { codeOf } from "./outcomes.js";
import { type SuiteContext, text, value } from "./scope.js";

export function ownWriteTests({ describe, scoped, expect }: SuiteContext): void {
  describe("own writes", () => {
    scoped("are seen by gets, selectors and ranges", async (s) => {
      await s.write({ a: "1", b: "2", c: "3" });
      const tx = s.begin();
      tx.set(s.key("bb"), value("new"));
      tx.clear(s.key("b"));
      tx.set(s.key("c"), value("4"));
      expect(await s.all(tx)).toEqual(["a=1", "bb=new", "c=4"]);
      expect(s.name(await tx.getKey(firstGreaterOrEqual(s.key("b"))))).toBe("bb");
      tx.clearRange(s.key("a"), s.key("c"));
      expect(await s.all(tx)).toEqual(["c=4"]);
      tx.set(s.key("aa"), value("5"));
      expect(await s.all(tx)).toEqual(["aa=5", "c=4"]);
      await tx.commit();
      expect(await s.all()).toEqual(["aa=5", "c=4"]);
    });

    scoped("a read sees what was written before it was called", async (s) => {
      const tx = s.begin();
      const before = tx.get(s.key("a"));
      tx.set(s.key("a"), value("1"));
      const after = tx.get(s.key("a"));
      expect(text(await before)).toBe(undefined);
      expect(text(await after)).toBe("1");
    });

    scoped("buffers are copied on the way in and out", async (s) => {
      const mine = value("abc");
      const tx = s.begin();
      tx.set(s.key("a"), mine);
      mine.fill(0);
      const out = await tx.get(s.key("a"));
      out!.fill(0);
      expect(text(await tx.get(s.key("a")))).toBe("abc");
      await tx.commit();
      (await s.begin().get(s.key("a")))!.fill(0);
      expect(await s.read("a")).toBe("abc");
    });

    scoped("snapshot reads see them unless told otherwise", async (s) => {
      const tx = s.begin();
      tx.set(s.key("a"), value("1"));
      expect(text(await tx.get(s.key("a"), true))).toBe("1");
      tx.setOption("snapshotRywDisable");
      expect(text(await tx.get(s.key("a"), true))).toBe(undefined);
      expect(text(await tx.get(s.key("a")))).toBe("1");
    });

    scoped("are hidden with read-your-writes off, which must come first", async (s) => {
      const tx = s.begin();
      tx.setOption("readYourWritesDisable");
      tx.set(s.key("a"), value("1"));
      expect(text(await tx.get(s.key("a")))).toBe(undefined);
      const late = s.begin();
      late.set(s.key("a"), value("1"));
      late.setOption("readYourWritesDisable");
      expect(await codeOf(late.commit())).toBe(2000);
    });

    scoped("atomic operations are computed over what the store holds", async (s) => {
      await s.write({ n: Uint8Array.of(250, 0), longest: "b" });
      const tx = s.begin();
      tx.atomic(MutationType.add, s.key("n"), Uint8Array.of(10, 0));
      tx.atomic(MutationType.byteMax, s.key("longest"), value("c"));
      tx.atomic(MutationType.add, s.key("fresh"), Uint8Array.of(7));
      tx.atomic(MutationType.appendIfFits, s.key("longest"), value("!"));
      expect([...(await tx.get(s.key("n")))!]).toEqual([4, 1]);
      expect(text(await tx.get(s.key("longest")))).toBe("c!");
      await tx.commit();
      expect([...(await s.begin().get(s.key("n")))!]).toEqual([4, 1]);
      expect([...(await s.begin().get(s.key("fresh")))!]).toEqual([7]);
      expect(await s.read("longest")).toBe("c!");
    });

    scoped("compare and clear removes only its own value", async (s) => {
      await s.write({ a: "x", b: "y" });
      const tx = s.begin();
      tx.atomic(MutationType.compareAndClear, s.key("a"), value("x"));
      tx.atomic(MutationType.compareAndClear, s.key("b"), value("x"));
      expect(await s.all(tx)).toEqual(["b=y"]);
      await tx.commit();
      expect(await s.all()).toEqual(["b=y"]);
    });
  });
}
