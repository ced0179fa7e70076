import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { Digest } from "../../lib/engine/embedded/backup/digest.js";
import {
  backupStore,
  type Engine,
  openEngine,
  readRangeAll,
  restoreStore,
  transact,
  verifyStore,
} from "../../lib/engine/index.js";
import { BackupError, StoreCorruptError, StoreLockedError } from "../../lib/errors.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const key = (n: number): Buffer => bytes(`k${String(n).padStart(6, "0")}`);
const store = (): string => join(folder, "store");
const copy = (): string => join(folder, "copy");
const again = (): string => join(folder, "again");

async function fill(engine: Engine, rows: number): Promise<void> {
  await transact(engine, async (tx) => {
    for (let n = 0; n < rows; n++) tx.set(key(n), bytes(`value ${n}`));
  });
}

async function everything(engine: Engine): Promise<string[]> {
  const rows = await readRangeAll(engine.begin(), bytes(""), bytes("\xff"));
  return rows.map(([k, v]) => `${Buffer.from(k).toString("latin1")}=${Buffer.from(v).toString("latin1")}`);
}

test("a copy, a restore and a verification that the system refuses are told with its reason", async () => {
  const engine = await openEngine(`embedded:${store()}`);
  await fill(engine, 10);
  writeFileSync(join(folder, "file"), "");
  await expect(backupStore(engine, join(folder, "file", "copy"))).rejects.toMatchObject({
    code: "backup_failed",
    message: expect.stringContaining("ENOTDIR"),
  });
  await backupStore(engine, copy());
  await engine.close();
  rmSync(join(copy(), "data.mdb"));
  mkdirSync(join(copy(), "data.mdb"));
  const refused = { code: "store_unavailable", errno: "EISDIR" };
  await expect(restoreStore(copy(), again())).rejects.toMatchObject(refused);
  await expect(verifyStore(copy())).rejects.toMatchObject(refused);
  expect(readdirSync(folder).sort()).toEqual(["copy", "file", "store"]);
});

describe("a backup", () => {
  test.each(["embedded", "memory"])("of a store that is written to has one version (%s)", async (kind) => {
    const engine = await openEngine(kind === "memory" ? "memory:" : `embedded:${store()}`);
    await fill(engine, 5000);
    let stop = false;
    let commits = 0;
    // Every commit changes both rows, so that a copy of two versions would show.
    const writing = (async () => {
      while (!stop) {
        commits++;
        await transact(engine, async (tx) => {
          tx.set(bytes("a first"), bytes(`${commits}`));
          tx.set(bytes("z last"), bytes(`${commits}`));
          tx.set(key(commits % 5000), bytes(`changed ${commits}`));
        });
      }
    })();
    const stages = new Set<string>();
    const during = commits;
    let before = 0;
    let most = 0;
    const result = await backupStore(engine, copy(), {
      onProgress: ({ stage, rows }) => {
        if (!stages.has(stage)) before = 0;
        stages.add(stage);
        most = Math.max(most, rows - before);
        before = rows;
      },
    });
    // Rows in one turn, which a commit beside it may have to wait for.
    expect(most).toBe(256);
    expect(commits).toBeGreaterThan(during);
    stop = true;
    await writing;
    await engine.close();
    expect([...stages]).toEqual(["copy", "verify"]);
    expect(readdirSync(folder).filter((name) => name.includes("partial"))).toEqual([]);

    const restored = await restoreStore(copy(), again());
    expect(restored.rows).toBe(result.rows);
    const opened = await openEngine(`embedded:${again()}`);
    const read = async (name: string): Promise<string | undefined> =>
      (await opened.begin().get(bytes(name)))?.toString();
    expect(await read("a first")).toBe(await read("z last"));
    expect((await everything(opened)).filter((row) => row.startsWith("k")).length).toBe(5000);
    expect(await opened.begin().getReadVersion()).toBeGreaterThan(result.version);
    await opened.close();
  });

  test("has what is only in memory, and nothing of what is cleared, or cleared and not yet gone", async () => {
    const engine = await openEngine(`embedded:${store()}`);
    await fill(engine, 3000);
    await engine.close();
    const opened = await openEngine(`embedded:${store()}`);
    await transact(opened, async (tx) => tx.clearRange(key(100), key(2900)));
    await transact(opened, async (tx) => {
      tx.set(key(500), bytes("new"));
      tx.clear(key(3));
    });
    const expected = await everything(opened);
    expect(expected.length).toBe(200);
    await backupStore(opened, copy());
    await restoreStore(copy(), again());
    const restored = await openEngine(`embedded:${again()}`);
    expect(await everything(restored)).toEqual(expected);
    await restored.close();
    await opened.close();
  });

  test("goes nowhere where something is, and a failed one leaves nothing", async () => {
    const engine = await openEngine("memory:");
    await fill(engine, 10);
    writeFileSync(copy(), "mine");
    await expect(backupStore(engine, copy())).rejects.toBeInstanceOf(BackupError);
    expect(readFileSync(copy(), "utf8")).toBe("mine");
    const fails = backupStore(engine, again(), {
      onProgress() {
        throw new Error("stop");
      },
    });
    await expect(fails).rejects.toThrow("stop");
    expect(existsSync(again())).toBe(false);
    expect(readdirSync(folder)).toEqual(["copy"]);
    await engine.close();
  });

  test("that was changed, or is none, is not restored", async () => {
    const engine = await openEngine(`embedded:${store()}`);
    await fill(engine, 10);
    await backupStore(engine, copy());
    await engine.close();
    await expect(restoreStore(store(), again())).rejects.toBeInstanceOf(BackupError);
    const opened = await openEngine(`embedded:${copy()}`);
    await transact(opened, async (tx) => tx.clear(key(1)));
    await opened.close();
    await expect(restoreStore(copy(), again())).rejects.toBeInstanceOf(BackupError);
    await expect(verifyStore(copy())).rejects.toBeInstanceOf(BackupError);
    expect(existsSync(again())).toBe(false);
  });
});

test("what is restored is another store: it knows no state of the old one, nor the old one any of it", async () => {
  const engine = await openEngine(`embedded:${store()}`);
  await fill(engine, 10);
  const name = async (of: Engine): Promise<string> => of.lives!.nameAt(await of.begin().getReadVersion());
  const old = await name(engine);
  const { version } = await backupStore(engine, copy());
  await restoreStore(copy(), again());
  await restoreStore(copy(), join(folder, "twice"));
  const [one, two] = await Promise.all(
    [again(), join(folder, "twice")].map((path) => openEngine(`embedded:${path}`)),
  );
  const names = [old, await name(one!), await name(two!), one!.lives!.nameAt(version)];
  const known = (of: Engine): boolean[] => names.map((each) => of.lives!.knows(each));
  expect(known(engine)).toEqual([true, false, false, false]);
  expect(known(one!)).toEqual([false, true, false, true]);
  expect(known(two!)).toEqual([false, false, true, false]);
  await fill(one!, 1);
  await one!.close();
  const reopened = await openEngine(`embedded:${again()}`);
  expect(known(reopened)).toEqual([false, true, false, true]);
  await Promise.all([engine.close(), two!.close(), reopened.close()]);
});

test("a digest goes on from what was before an empty value, whatever was done with that", () => {
  const looked = Buffer.alloc(0);
  expect(looked.buffer.byteLength).toBe(0);
  const digestOf = (first: string, empty: Buffer): string => {
    const digest = new Digest();
    digest.add("a", bytes(first));
    digest.add("b", empty);
    return digest.hex;
  };
  expect(digestOf("one", looked)).toBe(digestOf("one", Buffer.alloc(0)));
  expect(digestOf("one", looked)).not.toBe(digestOf("two", looked));
});

describe("verification", () => {
  test("reads everything, and names every damaged key", async () => {
    const engine = await openEngine(`embedded:${store()}`);
    await fill(engine, 1000);
    await expect(verifyStore(store())).rejects.toBeInstanceOf(StoreLockedError);
    await engine.close();
    expect(await verifyStore(store())).toMatchObject({ checksums: true, damaged: [] });
    const path = join(store(), "data.mdb");
    const file = readFileSync(path);
    for (const n of [7, 900])
      for (let at = file.indexOf(`value ${n}`); at >= 0; at = file.indexOf(`value ${n}`, at + 1))
        file[at] = 0x56;
    writeFileSync(path, file);
    const { damaged } = await verifyStore(store());
    const names = damaged.map((row) => Buffer.from(row.key).toString());
    expect(names).toContain("k000007");
    expect(names).toContain("k000900");
  });

  test("a damaged page, and a folder without a store, are errors", async () => {
    const engine = await openEngine(`embedded:${store()}`);
    await fill(engine, 1000);
    await engine.close();
    const path = join(store(), "data.mdb");
    const file = readFileSync(path);
    // The kinds of all pages behind the header.
    for (let at = 2 * 8192 + 18; at < file.length; at += 8192) file[at] = file[at]! ^ 0x40;
    writeFileSync(path, file);
    await expect(verifyStore(store())).rejects.toBeInstanceOf(StoreCorruptError);
    await expect(verifyStore(folder)).rejects.toBeInstanceOf(BackupError);
  });
});
