import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { takeLock } from "../../lib/engine/embedded/disk/store-lock.js";
import { type Engine, openEngine, readRangeAll } from "../../lib/engine/index.js";
import { StoreIoError, StoreLockedError } from "../../lib/errors.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-moved-"));
  path = join(folder, "store");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = async (engine: Engine, key: string): Promise<void> => {
  const tx = engine.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
};
async function keys(at: string): Promise<string[]> {
  const engine = await openEngine(`embedded:${at}`);
  const rows = await readRangeAll(engine.begin(), Buffer.from(""), Buffer.from("\xff", "latin1"));
  await engine.close();
  return rows.map(([key]) => Buffer.from(key).toString());
}
const gone = (commit: Promise<void>): Promise<void> =>
  expect(commit).rejects.toMatchObject({ code: "store_io", errno: "ENOENT" });

test("a folder that was deleted under an open engine takes no commit, and the engine closes", async () => {
  for (const before of [0, 1]) {
    const engine = await openEngine(`embedded:${path}`);
    if (before > 0) await put(engine, "a");
    rmSync(path, { recursive: true });
    await gone(put(engine, "b"));
    await gone(put(engine, "c"));
    await engine.close();
    expect(readdirSync(folder)).toEqual([]);
  }
});

test("a relaxed store tells it with the next group", async () => {
  const engine = await openEngine(`embedded:${path}`, { durability: "relaxed" });
  await put(engine, "a");
  rmSync(path, { recursive: true });
  let failure: unknown;
  for (let i = 0; i < 1000 && failure === undefined; i++)
    await put(engine, `k${i}`).catch((error: unknown) => {
      failure = error;
    });
  expect(failure).toBeInstanceOf(StoreIoError);
  // What was acknowledged is nowhere, and close says so.
  await expect(engine.close()).rejects.toBeInstanceOf(StoreIoError);
});

test("a store made anew in the place of a deleted one is left alone by the engine of the old one", async () => {
  for (const before of [0, 1]) {
    const old = await openEngine(`embedded:${path}`);
    if (before > 0) await put(old, "old");
    renameSync(path, join(folder, "aside"));
    // The registry of this process knows stores by their paths, so another process stands for the owner of the new one.
    mkdirSync(path);
    const lock = takeLock(join(path, "lock"));
    if (before === 0) await gone(put(old, "x"));
    await old.close();
    expect(readdirSync(path)).toEqual(["lock"]);
    expect(() => takeLock(join(path, "lock"))).toThrow(StoreLockedError);
    lock.release();
    expect(await keys(join(folder, "aside"))).toEqual(before > 0 ? ["old"] : []);
    rmSync(path, { recursive: true });
    rmSync(join(folder, "aside"), { recursive: true });
  }
});

test("a folder that was moved keeps what is committed, and is locked where it is now", async () => {
  const engine = await openEngine(`embedded:${path}`);
  await put(engine, "a");
  const there = join(folder, "there");
  renameSync(path, there);
  await put(engine, "b");
  await expect(openEngine(`embedded:${there}`)).rejects.toBeInstanceOf(StoreLockedError);
  await engine.close();
  expect(await keys(there)).toEqual(["a", "b"]);
});
