import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { Journal } from "../../lib/engine/embedded/journal/journal.js";
import { forgetPast } from "../../lib/engine/embedded/test-access.js";
import {
  type Engine,
  firstGreaterOrEqual,
  openEngine,
  readRangeAll,
  transact,
} from "../../lib/engine/index.js";
import { InvalidUrlError, StoreCorruptError, StoreLockedError } from "../../lib/errors.js";
import { bundle } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-store-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const put = (engine: Engine, key: string, value: string): Promise<void> =>
  transact(engine, async (tx) => tx.set(bytes(key), bytes(value)));
const read = async (engine: Engine, key: string): Promise<string | undefined> =>
  (await engine.begin().get(bytes(key)))?.toString();
const everything = async (engine: Engine): Promise<string[]> =>
  (await readRangeAll(engine.begin(), bytes(""), bytes("\xff"))).map(
    ([k, v]) => `${Buffer.from(k)}=${Buffer.from(v)}`,
  );

describe("opening", () => {
  test("a URL that names nothing is refused", async () => {
    await expect(openEngine("redis://localhost")).rejects.toBeInstanceOf(InvalidUrlError);
    await expect(openEngine("embedded:")).rejects.toBeInstanceOf(InvalidUrlError);
  });

  test("what was committed is there again, the empty key and the longest too", async () => {
    const longest = "k".repeat(4025);
    for (const durability of ["sync", "relaxed"] as const) {
      const path = `embedded:${join(folder, durability)}`;
      const engine = await openEngine(path, { durability });
      await put(engine, "", "empty");
      await put(engine, longest, "longest");
      await put(engine, "a", "");
      await engine.close();
      const again = await openEngine(path, { durability });
      expect(await everything(again)).toEqual(["=empty", "a=", `${longest}=longest`]);
      await again.close();
    }
  });

  test("versions go on rising after a restart, above every version ever read", async () => {
    const seen: bigint[] = [];
    for (let i = 0; i < 3; i++) {
      const engine = await openEngine(`embedded:${folder}`);
      seen.push(await engine.begin().getReadVersion());
      const tx = engine.begin();
      tx.set(bytes("a"), bytes(String(i)));
      await tx.commit();
      seen.push(tx.getCommittedVersion());
      seen.push(await engine.begin().getReadVersion());
      await engine.close();
    }
    for (let i = 1; i < seen.length; i++) expect(seen[i]! >= seen[i - 1]!).toBe(true);
    expect(new Set([seen[1], seen[4], seen[7]]).size).toBe(3);
  });

  test("one process shares a store between its handles", async () => {
    const one = await openEngine(`embedded:${folder}`);
    const two = await openEngine(`embedded:${folder}/`);
    await put(one, "a", "1");
    await one.close();
    expect(await read(two, "a")).toBe("1");
    await two.close();
    await two.close();
  });

  test("another process is refused by name; a dead one's lock is taken over", async () => {
    const file = await bundle(join(import.meta.dirname, "children/hold.ts"));
    const child = spawn(process.execPath, [file, folder], { stdio: ["pipe", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const refused = openEngine(`embedded:${folder}`);
    await expect(refused).rejects.toBeInstanceOf(StoreLockedError);
    await expect(refused).rejects.toThrow(String(child.pid));
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
    const engine = await openEngine(`embedded:${folder}`);
    await put(engine, "a", "1");
    await engine.close();
  });
});

test("commits without a changed key are acknowledged beside others", async () => {
  const engine = await openEngine(`embedded:${folder}`);
  const commits: Promise<void>[] = [];
  for (let i = 0; i < 20; i++) {
    const tx = engine.begin();
    if (i % 2 === 0) tx.set(bytes(`k${i}`), bytes("1"));
    else tx.clearRange(bytes("x"), bytes("y"));
    commits.push(tx.commit());
    if (i % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(commits);
  expect((await everything(engine)).length).toBe(10);
  await engine.close();
});

describe("damage", () => {
  const file = (): string => join(folder, "data.mdb");

  test("a file that is no store is refused and left alone", async () => {
    writeFileSync(file(), "not a database at all".repeat(1000));
    await expect(openEngine(`embedded:${folder}`)).rejects.toBeInstanceOf(StoreCorruptError);
    expect(readFileSync(file(), "latin1").startsWith("not a database")).toBe(true);
    await expect(openEngine(`embedded:${folder}`)).rejects.toBeInstanceOf(StoreCorruptError);
  });

  test("a file cut short is refused", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    for (let i = 0; i < 50; i++)
      await transact(engine, async (tx) => {
        for (let j = 0; j < 100; j++) tx.set(bytes(`${i}/${j}`), Buffer.alloc(200, j));
      });
    await engine.close();
    truncateSync(file(), 8192 * 40);
    await expect(openEngine(`embedded:${folder}`)).rejects.toBeInstanceOf(StoreCorruptError);
  });

  // In 8 MiB a durable store fills its data file first, in 3 MiB its journal.
  test.each([
    ["sync", 8],
    ["sync", 3],
    ["relaxed", 8],
  ] as const)(
    "a full disk fails the commit, and what was acknowledged stays (%s, files of %i MiB)",
    async (durability, size) => {
      const fill = await bundle(join(import.meta.dirname, "children/fill.ts"));
      // Files of this shell may not grow past the size (the unit is 1 KiB).
      const command = `ulimit -f ${size * 1024}; exec "${process.execPath}" "${fill}" "${folder}" ${durability}`;
      const output = execFileSync("bash", ["-c", command], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      const told = JSON.parse(output.trim().split("\n").at(-1)!) as { acknowledged: number };
      expect(told).toMatchObject({ code: "store_full", readable: told.acknowledged });
      expect(told.acknowledged).toBeGreaterThan(50);
      const engine = await openEngine(`embedded:${folder}`);
      const rows = await everything(engine);
      // A relaxed store loses at most a suffix: the rows that are left are the first ones.
      if (durability === "sync") expect(rows.length).toBe(told.acknowledged);
      const numbers = rows.map((row) => Number(/^row\/(\d+)=/.exec(row)![1])).sort((x, y) => x - y);
      expect(numbers).toEqual(numbers.map((_, i) => i));
      await put(engine, "more", "room");
      await engine.close();
    },
  );
});

describe("keys", () => {
  test("a key above LMDB's limit is refused as FoundationDB refuses its own; bounds may be longer", async () => {
    const engine = await openEngine("memory:");
    const tx = engine.begin();
    tx.set(Buffer.alloc(4026, 1), bytes("x"));
    await expect(tx.commit()).rejects.toMatchObject({ fdbCode: 2102 });
    const stored = "b".repeat(4025);
    await put(engine, stored, "at the limit");
    await put(engine, "c", "after");
    const rows = async (begin: string, end: string, reverse: boolean): Promise<string[]> =>
      (await readRangeAll(engine.begin(), bytes(begin), bytes(end), { reverse })).map(([k]) => `${k.length}`);
    for (const reverse of [false, true]) {
      expect(await rows("a", `${stored}x`, reverse)).toEqual(["4025"]);
      expect(await rows(`${stored}x`, "d", reverse)).toEqual(["1"]);
    }
    await transact(engine, async (t) => t.clear(Buffer.alloc(9000, 1)));
    await transact(engine, async (t) => t.clearRange(bytes(stored), bytes(`${stored}x`)));
    expect(await everything(engine)).toEqual(["c=after"]);
    await engine.close();
  });
});

describe("the five-second rule", () => {
  test("reads and commits older than five seconds are too old; what was read stays readable", async () => {
    let now = 0;
    const engine = await openEngine("memory:", { clock: () => now });
    await put(engine, "a", "1");
    await put(engine, "b", "1");
    const old = engine.begin();
    expect((await old.get(bytes("a")))?.toString()).toBe("1");
    const range = [firstGreaterOrEqual(bytes("")), firstGreaterOrEqual(bytes("aa"))] as const;
    await old.getRange(...range);
    const blind = engine.begin();
    await blind.getReadVersion();
    blind.set(bytes("c"), bytes("1"));
    const lazy = engine.begin();
    lazy.set(bytes("d"), bytes("1"));

    now += 5_000_000;
    await put(engine, "a", "2");
    expect((await old.get(bytes("a")))?.toString()).toBe("1");
    now += 100;
    expect((await old.get(bytes("a")))?.toString()).toBe("1");
    expect((await old.getRange(...range)).rows.length).toBe(1);
    await expect(old.get(bytes("b"))).rejects.toMatchObject({ fdbCode: 1007 });
    await expect(old.commit()).rejects.toMatchObject({ fdbCode: 1007 });
    await expect(blind.commit()).rejects.toMatchObject({ fdbCode: 1007 });
    await lazy.commit();
    expect(await everything(engine)).toEqual(["a=2", "b=1", "d=1"]);
    await engine.close();
  });

  test("the past is exact for five seconds and forgotten after", async () => {
    let now = 0;
    const engine = await openEngine("memory:", { clock: () => now });
    const versions: bigint[] = [];
    for (let i = 0; i < 20; i++) {
      now += 200_000;
      const tx = engine.begin();
      tx.set(bytes("n"), bytes(String(i)));
      if (i % 3 === 0) tx.clearRange(bytes("x"), bytes("y"));
      else tx.set(bytes(`x${i}`), bytes("row"));
      await tx.commit();
      versions.push(tx.getCommittedVersion());
    }
    for (const [i, version] of versions.entries()) {
      const tx = engine.begin();
      tx.setReadVersion(version);
      expect((await tx.get(bytes("n")))?.toString()).toBe(String(i));
      const { rows } = await tx.getRange(firstGreaterOrEqual(bytes("x")), firstGreaterOrEqual(bytes("y")));
      expect(rows.length).toBe(i % 3);
    }
    now += 5_001_000;
    const gone = engine.begin();
    gone.setReadVersion(versions.at(-1)!);
    await expect(gone.get(bytes("n"))).rejects.toMatchObject({ fdbCode: 1007 });
    await engine.close();
  });

  test("stands still with the disk: while a commit waits for it, and five seconds after, what readers got is readable", async () => {
    let now = 0;
    const engine = await openEngine(`embedded:${folder}`, { clock: () => now });
    await put(engine, "a", "1");
    now += 10;
    const early = engine.begin();
    await early.getReadVersion();
    let flushed = (): void => {};
    const flush = jest
      .spyOn(Journal.prototype, "flush")
      .mockImplementation(() => new Promise((resolve) => (flushed = resolve)));
    const commit = put(engine, "a", "2");
    while (flush.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const during = [];
    for (let i = 0; i < 5; i++) {
      now += 6_000_000;
      forgetPast(engine);
      expect(await everything(engine)).toEqual(["a=1"]);
      during.push(engine.begin());
      expect((await during.at(-1)!.get(bytes("a")))?.toString()).toBe("1");
    }
    expect((await early.get(bytes("a")))?.toString()).toBe("1");
    flush.mockRestore();
    flushed();
    await commit;
    now += 4_900_000;
    forgetPast(engine);
    for (const tx of during) {
      expect((await readRangeAll(tx, bytes(""), bytes("b"))).length).toBe(1);
      expect((await tx.get(bytes("a")))?.toString()).toBe("1");
    }
    // A transaction that read before the change and would write after it still conflicts.
    during[0]!.set(bytes("b"), bytes("1"));
    await expect(during[0]!.commit()).rejects.toMatchObject({ fdbCode: 1020 });
    now += 200_000;
    await expect(during[1]!.get(bytes("c"))).rejects.toMatchObject({ fdbCode: 1007 });
    expect(await everything(engine)).toEqual(["a=2"]);
    await engine.close();
  });
});
