import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine, transact } from "../../lib/engine/index.js";
import { lateEngine } from "../../lib/testing/index.js";

let real: Engine;
beforeEach(async () => {
  real = await openEngine("memory:");
});
afterEach(() => real.close());

const bytes = (text: string) => Buffer.from(text);
const text = (value: Uint8Array | undefined) =>
  value === undefined ? undefined : Buffer.from(value).toString();

/** The order in which ten reads of one transaction are answered. */
async function orderOfAnswers(engine: Engine): Promise<number[]> {
  const order: number[] = [];
  const tx = engine.begin();
  await Promise.all(Array.from({ length: 10 }, (_, n) => tx.get(bytes(`k${n}`)).then(() => order.push(n))));
  return order;
}

describe("answers", () => {
  test("come in any order, the same one for the same seed", async () => {
    const first = await orderOfAnswers(lateEngine(real, { seed: 1 }));
    expect(first).not.toEqual([...first].sort((a, b) => a - b));
    expect(await orderOfAnswers(lateEngine(real, { seed: 1 }))).toEqual(first);
    expect(await orderOfAnswers(lateEngine(real, { seed: 2 }))).not.toEqual(first);
  });

  test("are those of the moment at which they were asked", async () => {
    const tx = lateEngine(real, { seed: 3 }).begin();
    const reads: Promise<string | undefined>[] = [];
    for (let n = 0; n < 10; n++) {
      reads.push(tx.get(bytes("k")).then(text));
      tx.set(bytes("k"), bytes(`${n}`));
    }
    expect(await Promise.all(reads)).toEqual([undefined, "0", "1", "2", "3", "4", "5", "6", "7", "8"]);
  });

  test("are not late with one turn", async () => {
    const order = await orderOfAnswers(lateEngine(real, { seed: 1, turns: 1 }));
    expect(order).toEqual([...order].sort((a, b) => a - b));
  });
});

describe("read versions", () => {
  test("are shared by transactions that begin between two commits, and see the commit before", async () => {
    const engine = lateEngine(real, { seed: 4 });
    await transact(engine, async (tx) => tx.set(bytes("k"), bytes("1")));
    const versions = await Promise.all(Array.from({ length: 5 }, () => engine.begin().getReadVersion()));
    expect(new Set(versions).size).toBe(1);
    expect(text(await engine.begin().get(bytes("k")))).toBe("1");
    await transact(engine, async (tx) => tx.set(bytes("k"), bytes("2")));
    expect(await engine.begin().getReadVersion()).toBeGreaterThan(versions[0]!);
    expect(text(await engine.begin().get(bytes("k")))).toBe("2");
  });

  test("are each transaction's own when that is asked for", async () => {
    const engine = lateEngine(real, { seed: 5, shareVersions: false });
    await transact(engine, async (tx) => tx.set(bytes("k"), bytes("1")));
    const first = await engine.begin().getReadVersion();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await engine.begin().getReadVersion()).toBeGreaterThan(first);
  });

  test("are new for whoever was woken by a watch", async () => {
    const engine = lateEngine(real, { seed: 6 });
    const tx = engine.begin();
    const watch = tx.watch(bytes("k"));
    await tx.commit();
    await engine.begin().get(bytes("k"));
    await transact(real, async (other) => other.set(bytes("k"), bytes("from elsewhere")));
    await watch.promise;
    expect(text(await engine.begin().get(bytes("k")))).toBe("from elsewhere");
  });
});

test("increments that run at once are all counted", async () => {
  const engine = lateEngine(real, { seed: 7 });
  const increment = () =>
    transact(engine, async (tx) => {
      const n = Number((await tx.get(bytes("n"))) ?? 0);
      tx.set(bytes("n"), bytes(String(n + 1)));
    });
  await Promise.all(
    Array.from({ length: 10 }, async () => {
      for (let i = 0; i < 10; i++) await increment();
    }),
  );
  expect(text(await real.begin().get(bytes("n")))).toBe("100");
});
