/** Tests the retry loop `transact` on an engine. */

import { EngineError, runTransaction, transact } from "../../engine/index.js";
import { type SuiteContext, text, value } from "./scope.js";

async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

export function retryLoopTests({ describe, scoped, expect }: SuiteContext): void {
  describe("transact", () => {
    scoped("no increment of a counter is lost", async (s) => {
      await Promise.all(
        Array.from({ length: 40 }, () =>
          transact(s.engine, async (tx) => {
            const n = Number(text(await tx.get(s.key("n"))) ?? "0");
            tx.set(s.key("n"), value(String(n + 1)));
          }),
        ),
      );
      expect(await s.read("n")).toBe("40");
    });

    scoped("runs again after a conflict and says so", async (s) => {
      const outcome = await runTransaction(s.engine, async (tx) => {
        const seen = text(await tx.get(s.key("a")));
        if (seen === undefined) await s.write({ a: "other" });
        tx.set(s.key("b"), value(seen ?? "none"));
        return seen;
      });
      expect([outcome.value, outcome.attempts, outcome.history.map((attempt) => attempt.code)]).toEqual([
        "other",
        2,
        [1020],
      ]);
      expect(outcome.committedVersion > 0n).toBe(true);
      expect(await s.read("b")).toBe("other");
    });

    scoped("options and the hooks run on every attempt", async (s) => {
      const seen: string[] = [];
      await transact(
        s.engine,
        async (tx) => {
          expect(text(await tx.get(s.key("a"), true))).toBe(seen.length > 1 ? "other" : undefined);
          await tx.get(s.key("a"));
          if (seen.length === 1) await s.write({ a: "other" });
          tx.set(s.key("a"), value("mine"));
          expect(text(await tx.get(s.key("a"), true)) === "mine").toBe(false);
        },
        {
          options: { snapshotRywDisable: true },
          onAttempt: (attempt) => void seen.push(`attempt ${attempt}`),
          onCommitted: ({ attempts }) => void seen.push(`committed after ${attempts}`),
        },
      );
      expect(seen).toEqual(["attempt 1", "attempt 2", "committed after 2"]);
    });

    scoped("the final error carries the attempts", async (s) => {
      const error = await caught(
        transact(
          s.engine,
          async (tx) => {
            await tx.get(s.key("a"));
            await s.write({ a: "again" });
            tx.set(s.key("b"), value("1"));
          },
          { retryLimit: 2, maxRetryDelayMs: 1 },
        ),
      );
      expect(error instanceof EngineError && error.fdbCode).toBe(1020);
      expect((error as EngineError).attempts.map((attempt) => attempt.code)).toEqual([1020, 1020, 1020]);
    });

    scoped("other errors of the body propagate at once, and nothing is written", async (s) => {
      let runs = 0;
      const error = await caught(
        transact(s.engine, async (tx) => {
          runs++;
          tx.set(s.key("a"), value("1"));
          throw new RangeError("mine");
        }),
      );
      expect([runs, error instanceof RangeError, await s.read("a")]).toEqual([1, true, undefined]);
    });

    scoped("a failed read that the body ignored fails the commit", async (s) => {
      const error = await caught(
        transact(s.engine, async (tx) => {
          tx.atomic(15, s.key("a"), Buffer.alloc(14));
          await tx.get(s.key("a")).catch(() => undefined);
        }),
      );
      expect((error as EngineError).fdbCode).toBe(1036);
      expect(await s.read("a")).toBe(undefined);
    });

    scoped("a signal ends it with its reason", async (s) => {
      const controller = new AbortController();
      const error = await caught(
        transact(
          s.engine,
          async (tx) => {
            tx.set(s.key("a"), value("1"));
            controller.abort(new RangeError("enough"));
          },
          { signal: controller.signal },
        ),
      );
      expect([error instanceof RangeError, await s.read("a")]).toEqual([true, undefined]);
    });
  });
}
