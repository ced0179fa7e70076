import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Lives } from "../../lib/engine/embedded/journal/lives.js";
import { type Engine, instrument, openEngine } from "../../lib/engine/index.js";
import { lateEngine, withFaults } from "../../lib/testing/index.js";
import { bundle } from "./support.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-lives-"));
  path = join(folder, "store");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = async (engine: Engine, key: string): Promise<void> => {
  const tx = engine.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
};
/** The name of what a reader sees now. */
const now = async (engine: Engine): Promise<string> =>
  engine.lives!.nameAt(await engine.begin().getReadVersion());
const open = (durability: "sync" | "relaxed" = "sync") => openEngine(`embedded:${path}`, { durability });

test("a key whose value was long and then short is recovered, and the store opens ever after", async () => {
  const engine = await open();
  const tx = async (bytes: number): Promise<void> => {
    const one = engine.begin();
    one.set(Buffer.from("k"), Buffer.alloc(bytes, bytes & 0xff));
    await one.commit();
  };
  await put(engine, "before");
  for (const bytes of [90_000, 40, 20_000, 30]) await tx(bytes);
  const copy = join(folder, "killed");
  cpSync(path, copy, { recursive: true });
  await engine.close();
  for (let i = 0; i < 3; i++) {
    const again = await openEngine(`embedded:${copy}`);
    expect((await again.begin().get(Buffer.from("k")))?.length).toBe(30);
    await again.close();
  }
});

for (const durability of ["sync", "relaxed"] as const) {
  test(`a store that is opened again knows every state that it had (${durability})`, async () => {
    const names: string[] = [];
    for (let i = 0; i < 5; i++) {
      const engine = await open(durability);
      names.push(await now(engine));
      if (i !== 2) await put(engine, `a${i}`);
      names.push(await now(engine));
      await put(engine, `b${i}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      names.push(await now(engine));
      expect(names.map((name) => engine.lives!.knows(name))).toEqual(names.map(() => true));
      expect(names.every((name) => name.length <= 40)).toBe(true);
      await engine.close();
    }
  });

  test(`put back to a copy, it does not know what it has not, nor does it when it goes on (${durability})`, async () => {
    let engine = await open(durability);
    await put(engine, "a");
    const before = await now(engine);
    await engine.close();
    const backup = join(folder, "backup");
    cpSync(path, backup, { recursive: true });
    engine = await open(durability);
    const same = await now(engine);
    await put(engine, "b");
    const gone = await now(engine);
    await engine.close();
    rmSync(path, { recursive: true });
    cpSync(backup, path, { recursive: true });
    engine = await open(durability);
    const asked = (): boolean[] => [before, same, gone].map((name) => engine.lives!.knows(name));
    expect(asked()).toEqual([true, true, false]);
    await put(engine, "c");
    expect(asked()).toEqual([true, true, false]);
    await engine.close();
    engine = await open(durability);
    expect(asked()).toEqual([true, true, false]);
    await engine.close();
  });
}

test("two copies that go on apart do not know each other's states", async () => {
  let engine = await open();
  await put(engine, "a");
  await engine.close();
  const twin = join(folder, "twin");
  cpSync(path, twin, { recursive: true });
  engine = await open();
  const other = await openEngine(`embedded:${twin}`);
  await Promise.all([put(engine, "b"), put(other, "b")]);
  const [one, two] = [await now(engine), await now(other)];
  expect([engine.lives!.knows(one), engine.lives!.knows(two)]).toEqual([true, false]);
  expect([other.lives!.knows(one), other.lives!.knows(two)]).toEqual([false, true]);
  await Promise.all([engine.close(), other.close()]);
});

test("after a kill a durable store knows what it had acknowledged; put back, it does not", async () => {
  const file = await bundle(join(import.meta.dirname, "children/name-and-die.ts"));
  const die = (durability: string): { first: string; last: string } => {
    const { stdout, stderr } = spawnSync(process.execPath, [file, path, durability]);
    expect(stderr.toString()).toBe("");
    return JSON.parse(stdout.toString());
  };
  const early = die("sync");
  const data = join(folder, "crashed");
  cpSync(path, data, { recursive: true });
  let engine = await open();
  expect([engine.lives!.knows(early.first), engine.lives!.knows(early.last)]).toEqual([true, true]);
  await engine.close();
  const late = die("sync");
  rmSync(path, { recursive: true });
  cpSync(data, path, { recursive: true });
  engine = await open();
  expect([engine.lives!.knows(early.last), engine.lives!.knows(late.first)]).toEqual([true, false]);
  await engine.close();
});

test("a relaxed store that lost its last moments does not know them", async () => {
  let engine = await open("relaxed");
  await put(engine, "a");
  await engine.close();
  engine = await open("relaxed");
  const kept = await now(engine);
  copyFileSync(join(path, "data.mdb"), join(folder, "data.mdb"));
  await put(engine, "b");
  const lost = await now(engine);
  await engine.close();
  // As a power cut leaves it that nothing was flushed before.
  copyFileSync(join(folder, "data.mdb"), join(path, "data.mdb"));
  engine = await open("relaxed");
  expect([engine.lives!.knows(kept), engine.lives!.knows(lost)]).toEqual([true, false]);
  await engine.close();
});

test("what is no name is not known, and wrapped engines tell the same", async () => {
  const engine = await openEngine("memory:");
  await put(engine, "a");
  const name = await now(engine);
  for (const bad of [
    "",
    ".",
    "x",
    `${name}x.y`,
    name.split(".")[0]!,
    `${name}~`,
    `${name}0`,
    "\0",
    `.${name}`,
  ])
    expect(engine.lives!.knows(bad)).toBe(false);
  const wrapped = [instrument(engine), lateEngine(engine, { seed: 1 }), withFaults(engine, { seed: 1 })];
  for (const one of wrapped) expect(one.lives!.knows(name)).toBe(true);
  const other = await openEngine("memory:");
  expect(other.lives!.knows(name)).toBe(false);
  await Promise.all([engine.close(), other.close()]);
});

test("random lives: a branch knows exactly the commits that it shares or made", () => {
  type Branch = { stored: Buffer | undefined; commits: string[]; last: number };
  const step = fc.record({ branch: fc.nat(3), commits: fc.nat(3), fork: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const store = Buffer.alloc(16, 1);
      const branches: Branch[] = [{ stored: undefined, commits: [], last: 0 }];
      const all = new Set<string>();
      for (const { branch, commits, fork } of steps) {
        const at = branch % branches.length;
        const from = branches[at]!;
        let lives = Lives.open(from.stored, store, from.last);
        const grown: Branch = { ...from, commits: [...from.commits] };
        for (let i = 0; i < commits; i++) {
          grown.last += 10;
          if (!lives.begun) lives = lives.begin(grown.last);
          const name = lives.name(grown.last);
          grown.commits.push(name);
          all.add(name);
        }
        grown.stored = lives.encode();
        if (fork) branches.push(grown);
        else branches[at] = grown;
        const again = Lives.open(grown.stored, store, grown.last);
        for (const name of all) expect(again.knows(name, grown.last)).toBe(grown.commits.includes(name));
      }
    }),
    { numRuns: Number(process.env.PLINTH_RUNS ?? 100) },
  );
});
