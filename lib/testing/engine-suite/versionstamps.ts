/** Tests keys and values that a commit completes with its versionstamp. */

import { MutationType } from "../../engine/index.js";
import { codeOf } from "./outcomes.js";
import { type SuiteContext, value } from "./scope.js";

const at = (position: number): Buffer => {
  const suffix = Buffer.alloc(4);
  suffix.writeInt32LE(position);
  return suffix;
};
const stampedValue = (head = ""): Buffer => Buffer.concat([value(head), Buffer.alloc(10), at(head.length)]);

export function versionstampTests({ describe, scoped, expect }: SuiteContext): void {
  describe("versionstamps", () => {
    scoped("keys and values of one commit share its stamp, and later commits sort behind", async (s) => {
      const stamps: string[] = [];
      for (const round of ["1", "2"]) {
        const tx = s.begin();
        const name = s.key("log/");
        const template = Buffer.concat([name, Buffer.alloc(10), at(name.length)]);
        tx.atomic(MutationType.setVersionstampedKey, template, value(round));
        tx.atomic(MutationType.setVersionstampedValue, s.key("last"), stampedValue("v"));
        const stamp = tx.getVersionstamp();
        await tx.commit();
        stamps.push(Buffer.from(await stamp).toString("latin1"));
      }
      expect(stamps.map((stamp) => stamp.length)).toEqual([10, 10]);
      expect(stamps[0]! < stamps[1]!).toBe(true);
      expect(await s.all()).toEqual([`last=v${stamps[1]}`, `log/${stamps[0]}=1`, `log/${stamps[1]}=2`]);
    });

    scoped("the stamp begins with the commit version", async (s) => {
      const tx = s.begin();
      tx.atomic(MutationType.setVersionstampedValue, s.key("a"), stampedValue());
      const stamp = tx.getVersionstamp();
      await tx.commit();
      expect(Buffer.from(await stamp).readBigUInt64BE(0)).toBe(tx.getCommittedVersion());
    });

    scoped("reading what waits for a stamp fails, and so does the commit after it", async (s) => {
      const tx = s.begin();
      tx.atomic(MutationType.setVersionstampedValue, s.key("a"), stampedValue());
      expect(await codeOf(tx.get(s.key("b")))).toBe(0);
      expect(await codeOf(tx.get(s.key("a")))).toBe(1036);
      expect(await codeOf(tx.commit())).toBe(1036);
    });

    scoped("a clear makes the place readable again", async (s) => {
      const tx = s.begin();
      tx.atomic(MutationType.setVersionstampedValue, s.key("a"), stampedValue());
      tx.clear(s.key("a"));
      expect(await tx.get(s.key("a"))).toBe(undefined);
    });

    scoped("positions must fit", async (s) => {
      const tx = s.begin();
      tx.atomic(MutationType.setVersionstampedValue, s.key("a"), Buffer.concat([Buffer.alloc(10), at(1)]));
      expect(await codeOf(tx.commit())).toBe(2000);
    });

    scoped("without a write there is no stamp", async (s) => {
      const readOnly = s.begin();
      const none = readOnly.getVersionstamp();
      await readOnly.commit();
      expect(await codeOf(none)).toBe(2021);
      const refused = await s.pinned();
      await refused.get(s.key("a"));
      await s.write({ a: "1" });
      refused.set(s.key("b"), value("2"));
      const failed = refused.getVersionstamp();
      expect(await codeOf(refused.commit())).toBe(1020);
      expect(await codeOf(failed)).toBe(2020);
    });
  });
}
