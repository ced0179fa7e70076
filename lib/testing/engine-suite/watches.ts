/** Tests when watches fire, fail and stay pending. */

import { MutationType } from "../../engine/index.js";
import { codeOf, watchState } from "./outcomes.js";
import { type SuiteContext, value } from "./scope.js";

const SHORT = 200;

export function watchTests({ describe, scoped, expect }: SuiteContext): void {
  describe("watches", () => {
    scoped("fire when the value changes after the commit", async (s) => {
      await s.write({ a: "1" });
      const tx = s.begin();
      const changed = tx.watch(s.key("a"));
      const other = tx.watch(s.key("b"));
      await tx.commit();
      await s.write({ a: "2" });
      expect(await watchState(changed.promise)).toBe("fired");
      expect(await watchState(other.promise, SHORT)).toBe("pending");
      other.cancel();
      expect(await watchState(other.promise)).toBe("1101");
    });

    scoped("do not fire for the same value", async (s) => {
      await s.write({ a: "1" });
      const tx = s.begin();
      const watch = tx.watch(s.key("a"));
      await tx.commit();
      await s.write({ a: "1" });
      expect(await watchState(watch.promise, SHORT)).toBe("pending");
      watch.cancel();
    });

    scoped("fire at once when the change came between read and commit", async (s) => {
      await s.write({ a: "1" });
      const tx = await s.pinned();
      const watch = tx.watch(s.key("a"));
      await s.write({ a: "2" });
      await tx.commit();
      expect(await watchState(watch.promise)).toBe("fired");
    });

    scoped("compare with the transaction's own write", async (s) => {
      const tx = s.begin();
      tx.set(s.key("a"), value("mine"));
      const watch = tx.watch(s.key("a"));
      await tx.commit();
      expect(await watchState(watch.promise, SHORT)).toBe("pending");
      const change = s.begin();
      change.atomic(MutationType.appendIfFits, s.key("a"), value("!"));
      await change.commit();
      expect(await watchState(watch.promise)).toBe("fired");
    });

    scoped("outlive their transaction", async (s) => {
      const tx = s.begin();
      const watch = tx.watch(s.key("a"));
      await tx.commit();
      tx.reset();
      await s.write({ a: "1" });
      expect(await watchState(watch.promise)).toBe("fired");
    });

    scoped("end with their transaction when it does not commit", async (s) => {
      const dropped = s.begin();
      const watch = dropped.watch(s.key("a"));
      await dropped.get(s.key("a"));
      dropped.reset();
      expect(await watchState(watch.promise)).toBe("1025");
      const tx = await s.pinned();
      const refused = tx.watch(s.key("a"));
      await s.write({ a: "1" });
      tx.set(s.key("b"), value("1"));
      expect(await codeOf(tx.commit())).toBe(1020);
      expect(await watchState(refused.promise)).toBe("1020");
    });

    scoped("are refused with read-your-writes off", async (s) => {
      const tx = s.begin();
      tx.setOption("readYourWritesDisable");
      expect(await watchState(tx.watch(s.key("a")).promise)).toBe("1034");
    });
  });
}
