import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Engine, openEngine, readRangeAll } from "../../lib/engine/index.js";
import { StoreOptionsError } from "../../lib/errors.js";

let folder: string;
let url: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-handles-"));
  url = `embedded:${join(folder, "store")}`;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = async (engine: Engine, key: string): Promise<void> => {
  const tx = engine.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
};
/** What would be there if the process ended now. */
async function afterCrash(): Promise<string[]> {
  const copy = join(folder, `crash-${Math.random()}`);
  cpSync(join(folder, "store"), copy, { recursive: true });
  const engine = await openEngine(`embedded:${copy}`);
  const rows = await readRangeAll(engine.begin(), Buffer.from(""), Buffer.from("\xff", "latin1"));
  await engine.close();
  return rows.map(([key]) => Buffer.from(key).toString());
}

test("a handle that asks for sync gets it, and what others had committed before goes first", async () => {
  const relaxed = await openEngine(url, { durability: "relaxed" });
  const earlier = Array.from({ length: 50 }, (_, i) => put(relaxed, `a${String(i).padStart(2, "0")}`));
  const sync = await openEngine(url, { durability: "sync" });
  await put(sync, "b");
  expect((await afterCrash()).length).toBe(51);
  await put(relaxed, "c");
  expect((await afterCrash()).at(-1)).toBe("c");
  await Promise.all(earlier);
  await sync.close();
  await put(relaxed, "d");
  expect((await afterCrash()).at(-1)).toBe("d");
  await relaxed.close();
  expect((await afterCrash()).length).toBe(53);
});

test("commits that run while another handle makes the store durable lose nothing and leave no gap", async () => {
  const relaxed = await openEngine(url, { durability: "relaxed" });
  let stop = false;
  let next = 0;
  const acknowledged: string[] = [];
  const run = async (): Promise<void> => {
    while (!stop) {
      const key = `k${String(next++).padStart(6, "0")}`;
      await put(relaxed, key);
      acknowledged.push(key);
    }
  };
  const callers = Array.from({ length: 20 }, run);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const sync = await openEngine(url, { durability: "sync" });
  await put(sync, "mark");
  const before = [...acknowledged];
  const found = new Set(await afterCrash());
  expect(before.filter((key) => !found.has(key))).toEqual([]);
  stop = true;
  await Promise.all(callers);
  await Promise.all([relaxed.close(), sync.close()]);
  expect((await afterCrash()).length).toBe(acknowledged.length + 1);
});

test("relaxed beside sync is sync; options that differ are refused, the same or none are fine", async () => {
  const clock = () => 0;
  const engine = await openEngine(url, { maxWatches: 5, clock });
  for (const other of [{ maxWatches: 6 }, { clock: () => 0 }, { checkConflicts: false }]) {
    const refused = openEngine(url, other);
    await expect(refused).rejects.toBeInstanceOf(StoreOptionsError);
    await expect(refused).rejects.toThrow(Object.keys(other)[0]!);
  }
  const same = await openEngine(url, { maxWatches: 5, clock, checkConflicts: true });
  const none = await openEngine(url, { durability: "relaxed" });
  await put(none, "a");
  expect(await afterCrash()).toEqual(["a"]);
  await Promise.all([same.close(), none.close()]);
  await put(engine, "b");
  await engine.close();
});
