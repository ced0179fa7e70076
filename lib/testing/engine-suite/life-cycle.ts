/** Tests what begins, ends and limits a transaction: errors, limits, options, retries and versions. */

import { codeOf, codeThrown } from "./outcomes.js";
import { type SuiteContext, text, value } from "./scope.js";

export function lifeCycleTests({ describe, scoped, expect }: SuiteContext): void {
  describe("life cycle", () => {
    scoped("errors of mutators wait for the next read or the commit", async (s) => {
      const tx = s.begin();
      tx.clearRange(s.key("b"), s.key("a"));
      tx.set(s.key("a"), value("never"));
      expect(await codeOf(tx.get(s.key("a")))).toBe(2005);
      expect(await codeOf(tx.commit())).toBe(2005);
      tx.reset();
      expect(await codeOf(tx.get(s.key("a")))).toBe(0);
    });

    scoped("limits: keys, values, transactions", async (s) => {
      const longKey = s.begin();
      longKey.set(Buffer.alloc(10_001, 1), value("x"));
      expect(await codeOf(longKey.commit())).toBe(2102);
      const longValue = s.begin();
      longValue.set(s.key("a"), Buffer.alloc(100_001));
      expect(await codeOf(longValue.commit())).toBe(2103);
      const fits = s.begin();
      fits.set(s.key("a"), Buffer.alloc(100_000));
      expect(await codeOf(fits.commit())).toBe(0);
      const large = s.begin();
      for (let i = 0; i < 101; i++) large.set(s.key(`k${i}`), Buffer.alloc(100_000));
      expect(await codeOf(large.commit())).toBe(2101);
      const small = s.begin();
      small.setOption("sizeLimit", 100);
      small.set(s.key("a"), Buffer.alloc(100));
      expect(await codeOf(small.commit())).toBe(2101);
    });

    scoped("system keys are out of reach", async (s) => {
      const tx = s.begin();
      tx.set(Buffer.from([0xff, 1]), value("x"));
      expect(await codeOf(tx.commit())).toBe(2004);
      const special = s.begin();
      special.set(Buffer.from([0xff, 0xff, 1]), value("x"));
      expect(await codeOf(special.commit())).toBe(2114);
    });

    scoped("a committed transaction is closed until reset", async (s) => {
      const tx = s.begin();
      tx.set(s.key("a"), value("1"));
      await tx.commit();
      const version = tx.getCommittedVersion();
      expect(version > 0n).toBe(true);
      expect(await codeOf(tx.get(s.key("a")))).toBe(2017);
      expect(await codeOf(tx.commit())).toBe(2017);
      tx.reset();
      expect(tx.getCommittedVersion()).toBe(version);
      expect(text(await tx.get(s.key("a")))).toBe("1");
    });

    scoped("cancel ends everything until reset", async (s) => {
      const tx = s.begin();
      tx.set(s.key("a"), value("1"));
      tx.cancel();
      expect(await codeOf(tx.get(s.key("a")))).toBe(1025);
      expect(await codeOf(tx.commit())).toBe(1025);
      expect(await codeOf(tx.onError(1020))).toBe(1025);
      tx.reset();
      expect(await tx.get(s.key("a"))).toBe(undefined);
    });

    scoped("onError starts over after retryable errors and ends on others", async (s) => {
      const tx = s.begin();
      tx.set(s.key("a"), value("1"));
      expect(await codeOf(tx.onError(1020))).toBe(0);
      expect(await tx.get(s.key("a"))).toBe(undefined);
      expect(await codeOf(tx.onError(2004))).toBe(2004);
      expect(await codeOf(tx.get(s.key("a")))).toBe(1025);
    });

    scoped("the retry limit counts and survives", async (s) => {
      const tx = s.begin();
      tx.setOption("retryLimit", 1);
      tx.setOption("maxRetryDelay", 0);
      expect(await codeOf(tx.onError(1020))).toBe(0);
      expect(await codeOf(tx.onError(1020))).toBe(1020);
    });

    scoped("the timeout ends everything", async (s) => {
      const tx = s.begin();
      tx.setOption("timeout", 30);
      await new Promise((resolve) => setTimeout(resolve, 60));
      expect(await codeOf(tx.get(s.key("a")))).toBe(1031);
      expect(await codeOf(tx.onError(1020))).toBe(1031);
      tx.reset();
      expect(await codeOf(tx.get(s.key("a")))).toBe(0);
    });

    scoped("options: unknown ones throw, bad values are refused", async (s) => {
      expect(codeThrown(() => s.begin().setOption("noSuchOption" as "tag"))).toBe(2007);
      const tx = s.begin();
      tx.setOption("sizeLimit", 1);
      expect(await codeOf(tx.commit())).toBe(2006);
    });

    scoped("read versions: lazy, settable once, positive", async (s) => {
      const tx = s.begin();
      const version = await tx.getReadVersion();
      tx.setReadVersion(version);
      expect(await codeOf(tx.get(s.key("a")))).toBe(2010);
      const zero = s.begin();
      zero.setReadVersion(0n);
      expect(await codeOf(zero.get(s.key("a")))).toBe(2011);
      const ahead = s.begin();
      ahead.setReadVersion(version + 1_000_000_000_000n);
      expect(await codeOf(ahead.get(s.key("a")))).toBe(1009);
    });

    scoped("keys and values must be bytes", async (s) => {
      let thrown: unknown;
      try {
        s.begin().set("text" as never, value("x"));
      } catch (error) {
        thrown = error;
      }
      expect(thrown instanceof TypeError).toBe(true);
    });

    scoped("size estimates and split points", async (s) => {
      for (let i = 0; i < 20; i++) await s.write({ [`k${String(i).padStart(2, "0")}`]: "v".repeat(1000) });
      const begin = s.key("");
      const end = s.key("\xff");
      expect((await s.begin().getEstimatedRangeSizeBytes(begin, end)) >= 0).toBe(true);
      const points = await s.begin().getRangeSplitPoints(begin, end, 5000);
      expect(Buffer.compare(points[0]!, begin)).toBe(0);
      expect(Buffer.compare(points.at(-1)!, end)).toBe(0);
      expect(await codeOf(s.begin().getEstimatedRangeSizeBytes(end, begin))).toBe(2005);
    });
  });
}
