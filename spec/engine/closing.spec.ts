import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { EmbeddedEngine } from "../../lib/engine/embedded/embedded-engine.js";
import { type Engine, openEngine, readRangeAll } from "../../lib/engine/index.js";
import { bundle } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-closing-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const put = async (engine: Engine, key: string): Promise<void> => {
  const tx = engine.begin();
  tx.set(bytes(key), bytes("1"));
  await tx.commit();
};
const keys = async (engine: Engine): Promise<string[]> =>
  (await readRangeAll(engine.begin(), bytes(""), bytes("\xff"))).map(([key]) => Buffer.from(key).toString());
async function keysOf(path: string): Promise<string[]> {
  const engine = await openEngine(`embedded:${path}`);
  try {
    return await keys(engine);
  } finally {
    await engine.close();
  }
}

describe("with commits in flight", () => {
  // In a process of its own: what goes wrong here is that the event loop never turns again.
  test.each([
    ["sync", 1, 0],
    ["sync", 1, 3],
    ["sync", 40, 0],
    ["sync", 300, 1],
    ["relaxed", 1, 0],
    ["relaxed", 40, 2],
  ] as const)(
    "%s, %i commits, %i microtasks later: each is durable, and the event loop turns",
    async (...args) => {
      const [durability, commits, microtasks] = args;
      const file = await bundle(join(import.meta.dirname, "children/close.ts"));
      const child = spawnSync(process.execPath, [file, folder, `${commits}`, durability, `${microtasks}`], {
        timeout: 30_000,
        killSignal: "SIGKILL",
      });
      expect([child.signal, child.stderr.toString()]).toEqual([null, ""]);
      const told = JSON.parse(child.stdout.toString()) as { settled: string[]; turned: boolean };
      expect(told).toEqual({ settled: Array(commits).fill("acknowledged"), turned: true });
      expect((await keysOf(folder)).length).toBe(commits);
    },
  );

  test("a service under load that closes on SIGTERM ends, and keeps what it acknowledged", async () => {
    const file = await bundle(join(import.meta.dirname, "children/serve.ts"));
    for (let round = 0; round < 3; round++) {
      const path = join(folder, String(round));
      const child = spawn(process.execPath, [file, path], { stdio: ["ignore", "pipe", "inherit"] });
      const watchdog = setTimeout(() => child.kill("SIGKILL"), 30_000);
      let output = "";
      const warm = new Promise<void>((resolve) => {
        child.stdout.on("data", (data) => {
          output += data;
          if (output.includes("warm")) resolve();
        });
      });
      const ended = new Promise((resolve) => child.once("close", (code, signal) => resolve([code, signal])));
      await warm;
      child.kill("SIGTERM");
      expect(await ended).toEqual([0, null]);
      clearTimeout(watchdog);
      const told = JSON.parse(output.trim().split("\n").at(-1)!) as { acknowledged: number };
      expect(Object.keys(told)).toEqual(["acknowledged"]);
      // Callers that began beside each other wrote the same key, so the last one acknowledged is what counts.
      expect((await keysOf(path)).at(-1)! >= `k${String(told.acknowledged - 60).padStart(9, "0")}`).toBe(
        true,
      );
    }
  });
});

describe("closing", () => {
  test("a commit that waits for its reads is refused when the engine is closed first", async () => {
    let now = 0;
    const engine = await openEngine(`embedded:${folder}`, { clock: () => now });
    const tx = engine.begin();
    tx.setReadVersion((await engine.begin().getReadVersion()) + 1_000_000n);
    tx.set(bytes("a"), bytes("1"));
    const read = tx.get(bytes("b"));
    const refused = Promise.all([
      expect(read).rejects.toMatchObject({ fdbCode: 1025 }),
      expect(tx.commit()).rejects.toMatchObject({ fdbCode: 1025 }),
    ]);
    const closed = engine.close();
    now += 2_000_000;
    await refused;
    await closed;
    expect(await keysOf(folder)).toEqual([]);
  });

  test("the store takes no commit once its last handle has left", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    const { store } = engine as EmbeddedEngine;
    await put(engine, "a");
    const closed = engine.close();
    const writes = { eachMutation: () => undefined, eachConflict: () => undefined };
    const request = { readVersion: store.readVersion(), checkAge: false, writes };
    expect(() => store.commit({ ...request, reads: { changedSince: () => false } as never })).toThrow("1025");
    await closed;
  });

  test("twice, at once and later, is closing once; another handle goes on", async () => {
    const one = await openEngine(`embedded:${folder}`);
    const two = await openEngine(`embedded:${folder}`);
    const commit = put(one, "a");
    await Promise.all([one.close(), one.close(), commit]);
    await one.close();
    await put(two, "b");
    await Promise.all([two.close(), two.close()]);
    expect(await keysOf(folder)).toEqual(["a", "b"]);
  });

  test("a watch that waits is cancelled, one of a commit in flight too", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    const tx = engine.begin();
    const waits = tx.watch(bytes("a"));
    await tx.commit();
    const late = engine.begin();
    const own = late.watch(bytes("b"));
    late.set(bytes("c"), bytes("1"));
    const commit = late.commit();
    await engine.close();
    await commit;
    await expect(waits.promise).rejects.toMatchObject({ fdbCode: 1101 });
    await expect(own.promise).rejects.toMatchObject({ fdbCode: 1101 });
  });

  test("an open in the middle of a close waits for it and gets a store of its own", async () => {
    let last: Promise<void> | undefined;
    for (let i = 0; i < 10; i++) {
      const engine = await openEngine(`embedded:${folder}`);
      const commit = put(engine, `k${i}`);
      last = engine.close();
      const others = await Promise.all([
        openEngine(`embedded:${folder}`),
        openEngine(`embedded:${folder}/.`),
      ]);
      await commit;
      expect((await keys(others[0])).length).toBe(i + 1);
      await Promise.all(others.map((other) => other.close()));
    }
    await last;
  });
});
