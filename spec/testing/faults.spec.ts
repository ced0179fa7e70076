import { expect, test } from "@jest/globals";
import { type Engine, EngineError, openEngine, runTransaction, transact } from "../../lib/engine/index.js";
import { type FaultOptions, someOfEverything } from "../../lib/testing/faults/fault-options.js";
import { withFaults } from "../../lib/testing/faults/with-faults.js";

const key = Buffer.from("n");
const read = async (engine: Engine): Promise<number> => Number((await engine.begin().get(key)) ?? 0);
const increment = (engine: Engine): Promise<void> =>
  transact(engine, async (tx) => {
    const n = Number((await tx.get(key)) ?? 0);
    tx.set(key, Buffer.from(String(n + 1)));
  });

async function faulty<T>(
  options: FaultOptions,
  run: (engine: ReturnType<typeof withFaults>, real: Engine) => Promise<T>,
) {
  const real = await openEngine("memory:");
  try {
    return await run(withFaults(real, options), real);
  } finally {
    await real.close();
  }
}

test("an unknown commit that happened is counted twice by code that is not idempotent, once by code that is", () =>
  faulty({ unknownCommitted: 0.3, seed: 1 }, async (engine, real) => {
    for (let i = 0; i < 50; i++) await increment(engine);
    const doubled = engine.faults.unknownCommitted;
    expect(doubled).toBeGreaterThan(5);
    expect(await read(real)).toBe(50 + doubled);
    for (let i = 0; i < 50; i++) {
      await transact(engine, async (tx) => {
        const done = Buffer.from(`done/${i}`);
        if ((await tx.get(done)) !== undefined) return;
        tx.set(done, Buffer.alloc(0));
        tx.set(key, Buffer.from(String(Number(await tx.get(key)) + 1)));
      });
    }
    expect(engine.faults.unknownCommitted).toBeGreaterThan(doubled);
    expect(await read(real)).toBe(100 + doubled);
  }));

test("an unknown commit that did not happen is run again", () =>
  faulty({ unknownNotCommitted: 0.4, seed: 2 }, async (engine, real) => {
    for (let i = 0; i < 30; i++) await increment(engine);
    expect(engine.faults.unknownNotCommitted).toBeGreaterThan(5);
    expect(await read(real)).toBe(30);
  }));

test("conflicts, old reads, delays and overtaking lose no increment", () =>
  faulty({ ...someOfEverything, unknownCommitted: 0, tooOld: 0.05, seed: 3 }, async (engine, real) => {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let i = 0; i < 15; i++) await increment(engine);
      }),
    );
    expect(await read(real)).toBe(150);
    const { conflicts, tooOld, delays, reorders } = engine.faults;
    for (const count of [conflicts, tooOld, delays, reorders]) expect(count).toBeGreaterThan(0);
  }));

test("an injected read error fails the commit even when it was ignored", () =>
  faulty({ tooOld: 1, seed: 4 }, async (engine) => {
    const tx = engine.begin();
    await expect(tx.get(key)).rejects.toMatchObject({ fdbCode: 1007 });
    tx.set(key, Buffer.from("1"));
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1007 });
  }));

test("watches fail and fire by themselves", () =>
  faulty({ watchError: 0.3, spuriousFire: 0.3, maxDelayMs: 1, seed: 5 }, async (engine) => {
    const outcomes = { fired: 0, failed: 0, pending: 0 };
    for (let i = 0; i < 60; i++) {
      const tx = engine.begin();
      const watch = tx.watch(Buffer.from(`w${i}`));
      await tx.commit();
      const outcome = await Promise.race([
        watch.promise.then(
          () => "fired" as const,
          (error) => (error instanceof EngineError ? ("failed" as const) : Promise.reject(error)),
        ),
        new Promise<"pending">((resolve) => setTimeout(() => resolve("pending"), 8)),
      ]);
      outcomes[outcome]++;
      watch.cancel();
    }
    expect(outcomes.failed).toBe(engine.faults.watchErrors);
    expect(outcomes.fired).toBe(engine.faults.spuriousFires);
    expect(Math.min(outcomes.failed, outcomes.fired, outcomes.pending)).toBeGreaterThan(0);
  }));

test("the same seed injects the same faults", async () => {
  const run = () =>
    faulty({ conflict: 0.3, unknownCommitted: 0.2, seed: 6 }, async (engine) => {
      const attempts: number[] = [];
      for (let i = 0; i < 20; i++)
        attempts.push((await runTransaction(engine, async (tx) => tx.set(key, Buffer.from("x")))).attempts);
      return attempts;
    });
  const first = await run();
  expect(await run()).toEqual(first);
  expect(Math.max(...first)).toBeGreaterThan(1);
});

test("faults can be switched off", () =>
  faulty({ conflict: 1, seed: 7 }, async (engine) => {
    engine.setFaults({});
    await increment(engine);
    expect(engine.faults.conflicts).toBe(0);
  }));
