import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import { DataFile } from "../../lib/engine/embedded/disk/data-file.js";
import { type Engine, openEngine } from "../../lib/engine/index.js";

const SECOND = 1_000_000;
let folder: string;
let now: number;
let refused: jest.SpiedFunction<DataFile["write"]> | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-promised-"));
  now = 0;
});
afterEach(() => {
  admit();
  rmSync(folder, { recursive: true, force: true });
});

/** From now on the data file takes nothing. */
function refuse(): void {
  refused ??= jest
    .spyOn(DataFile.prototype, "write")
    .mockImplementation(() => Promise.reject(new Error("No space left on device")));
}
function admit(): void {
  refused?.mockRestore();
  refused = undefined;
}
const key = Buffer.from("a");
const open = (path: string, durability: "sync" | "relaxed"): Promise<Engine> =>
  openEngine(`embedded:${path}`, { durability, clock: () => now });
const version = (engine: Engine): Promise<bigint> => engine.begin().getReadVersion();
const read = async (engine: Engine): Promise<string | undefined> =>
  (await engine.begin().get(key))?.toString();
async function put(engine: Engine, value: string): Promise<bigint> {
  const tx = engine.begin();
  tx.set(key, Buffer.from(value));
  await tx.commit();
  return tx.getCommittedVersion();
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve, 1));
};

/** The first version that the store gives after the process was killed now. */
async function afterCrash(path: string, durability: "sync" | "relaxed"): Promise<bigint> {
  const copy = join(folder, "crashed");
  rmSync(copy, { recursive: true, force: true });
  cpSync(path, copy, { recursive: true });
  const before = refused !== undefined;
  admit();
  const engine = await open(copy, durability);
  const first = await version(engine);
  await engine.close();
  if (before) refuse();
  return first;
}

describe.each(["sync", "relaxed"] as const)("a data file that takes nothing (%s)", (durability) => {
  test("leaves a store that was idle readable for as long as it lasts, and it goes on afterwards", async () => {
    const engine = await open(join(folder, "store"), durability);
    await put(engine, "1");
    await turns();
    refuse();
    let newest = await version(engine);
    for (const idle of [6, 12, 60, 3600]) {
      now += idle * SECOND;
      const tx = engine.begin();
      const at = await tx.getReadVersion();
      expect(at >= newest).toBe(true);
      newest = at;
      // It has its five seconds, however long ago the version was the newest.
      now += 4 * SECOND;
      expect((await tx.get(key))?.toString()).toBe("1");
      await turns();
    }
    admit();
    await turns();
    expect(await read(engine)).toBe("1");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const committed = await put(engine, "2");
    expect(committed > newest).toBe(true);
    expect(await read(engine)).toBe("2");
    expect((await version(engine)) >= committed).toBe(true);
    await engine.close();
  });

  test("gives no version out that a crash would give out once more", async () => {
    const path = join(folder, "store");
    const engine = await open(path, durability);
    const written = await put(engine, "1");
    await turns();
    refuse();
    for (const idle of [1, 3, 2, 5, 7, 100]) {
      now += idle * SECOND;
      const at = await version(engine);
      await turns();
      expect((await afterCrash(path, durability)) > at).toBe(true);
      expect(at >= written).toBe(true);
    }
    admit();
    await engine.close();
  });
});

test("in any history, what was read is below what a crash leaves", async () => {
  const step = fc.record({
    wait: fc.constantFrom(0, 3, 4, 6, 6, 12),
    what: fc.constantFrom("nothing", "write", "refuse", "refuse", "admit"),
    crash: fc.boolean(),
  });
  let n = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 6, maxLength: 12, size: "max" }),
      fc.constantFrom("sync" as const, "relaxed" as const),
      async (steps, durability) => {
        admit();
        const path = join(folder, `store${n++}`);
        const engine = await open(path, durability);
        let seen = await version(engine);
        const see = (at: bigint): void => {
          expect(at >= seen).toBe(true);
          seen = at;
        };
        for (const step of steps) {
          now += step.wait * SECOND;
          see(await version(engine));
          if (step.what === "refuse") refuse();
          else if (step.what === "admit") admit();
          else if (step.what === "write") {
            // A journal that cannot be begun refuses commits, and so does a store whose file has refused.
            const committed = await put(engine, "1").catch(() => undefined);
            if (committed !== undefined) see(committed);
          }
          // What a relaxed commit was told by is lost with it; a life of its own tells it apart.
          if (step.crash && durability === "sync")
            expect((await afterCrash(path, durability)) > seen).toBe(true);
          await turns();
        }
        admit();
        await engine.close().catch(() => undefined);
      },
    ),
    { numRuns: Number(process.env.PLINTH_RUNS ?? 40) },
  );
});
