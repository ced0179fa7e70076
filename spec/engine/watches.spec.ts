import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "@jest/globals";
import { outstandingWatches } from "../../lib/engine/embedded/test-access.js";
import { EngineError, openEngine, transact, type Watch } from "../../lib/engine/index.js";

const KEYS = 1000;
const PER_KEY = 100;
const key = (i: number): Buffer => Buffer.from(`watched/${i}`);

function heapUsed(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}

test("100,000 watches on 1,000 keys each fire once and leave nothing", async () => {
  const engine = await openEngine("memory:", { maxWatches: 200_000 });
  const before = heapUsed();
  let watches: Watch[] = [];
  for (let round = 0; round < PER_KEY; round++) {
    await transact(engine, async (tx) => {
      for (let i = 0; i < KEYS; i++) watches.push(tx.watch(key(i)));
    });
  }
  expect(outstandingWatches(engine)).toBe(KEYS * PER_KEY);
  const bytes = Math.round((heapUsed() - before) / watches.length);
  process.stdout.write(`${bytes} bytes of heap a watch\n`);

  let fired = 0;
  let failed = 0;
  for (const { promise } of watches) {
    promise.then(
      () => fired++,
      () => failed++,
    );
  }
  await transact(engine, async (tx) => {
    for (let i = 0; i < KEYS; i++) tx.set(key(i), Buffer.from("changed"));
  });
  await Promise.all(watches.map(({ promise }) => promise));
  expect({ fired, failed, left: outstandingWatches(engine) }).toEqual({
    fired: KEYS * PER_KEY,
    failed: 0,
    left: 0,
  });
  watches = [];

  await transact(engine, async (tx) => {
    for (let i = 0; i < KEYS; i++) watches.push(tx.watch(key(i)));
  });
  await engine.close();
  const codes = await Promise.all(
    watches.map(({ promise }) => promise.catch((error) => (error as EngineError).fdbCode)),
  );
  expect(new Set(codes)).toEqual(new Set([1101]));
  expect(outstandingWatches(engine)).toBe(0);
});

test("a watch above the limit fails with too_many_watches, and a cancelled one makes room", async () => {
  const engine = await openEngine("memory:", { maxWatches: 2 });
  const tx = engine.begin();
  const [first, , third] = [tx.watch(key(1)), tx.watch(key(2)), tx.watch(key(3))];
  await expect(third.promise).rejects.toMatchObject({ fdbCode: 1032 });
  first.cancel();
  const fourth = tx.watch(key(4));
  await tx.commit();
  await transact(engine, async (t) => t.set(key(4), Buffer.from("x")));
  await expect(fourth.promise).resolves.toBeUndefined();
  await engine.close();
});

test("closing one handle of a shared store leaves the other's watches", async () => {
  const one = await openEngine("memory:");
  const tx = one.begin();
  const watch = tx.watch(key(1));
  await one.close();
  await expect(watch.promise).rejects.toBeInstanceOf(EngineError);
  await expect(tx.get(key(1))).rejects.toMatchObject({ fdbCode: 1025 });
  expect(() => one.begin()).toThrow("closed");
});
