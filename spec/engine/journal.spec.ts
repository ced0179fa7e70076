import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DataFile } from "../../lib/engine/embedded/disk/data-file.js";
import {
  journalChange,
  journalEndChanges,
  promisedVersion,
  storeChange,
} from "../../lib/engine/embedded/disk/store-keys.js";
import { takeLock } from "../../lib/engine/embedded/disk/store-lock.js";
import { Journal } from "../../lib/engine/embedded/journal/journal.js";
import { decodeRecord, encodeRecord, type Stamp } from "../../lib/engine/embedded/journal/journal-record.js";
import { type ReadSegment, readSegment } from "../../lib/engine/embedded/journal/read-segment.js";
import { recover } from "../../lib/engine/embedded/journal/recover.js";
import { Slot } from "../../lib/engine/embedded/versions/slot.js";
import { type Engine, openEngine, readRangeAll, transact } from "../../lib/engine/index.js";
import { StoreCorruptError } from "../../lib/errors.js";
import { bundle } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-journal-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const runs = Number(process.env.PLINTH_RUNS ?? 100);
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const slots = (changes: readonly (readonly [string, Buffer | undefined])[], version = 1): Slot[] =>
  changes.map(([key, value]) => new Slot(key, version, value));
const segment = (n: 0 | 1): string => join(folder, `journal.${n}`);

async function rows(engine: Engine): Promise<Record<string, string>> {
  const found = await readRangeAll(engine.begin(), bytes(""), bytes("\xff"));
  return Object.fromEntries(found.map(([k, v]) => [Buffer.from(k).toString(), Buffer.from(v).toString()]));
}

/** Leaves a store as a process leaves it that is killed after it has committed `commits` rows. */
async function killedAfter(commits: number, valueBytes: number): Promise<void> {
  const file = await bundle(join(import.meta.dirname, "children/commit-and-die.ts"));
  const { signal, stderr } = spawnSync(process.execPath, [file, folder, `${commits}`, `${valueBytes}`]);
  expect([signal, stderr.toString()]).toEqual(["SIGKILL", ""]);
}

describe("records", () => {
  const key = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)),
    maxLength: 40,
  });
  const value = fc.option(
    fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
    { nil: undefined },
  );
  const change = fc.tuple(key, value);

  const stamp = (seed = 7): Stamp => ({ mark: Buffer.from("12345678"), seed });

  test("what is encoded is decoded, one behind the other", () => {
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 20 }), { maxLength: 5 }), (groups) => {
        const encoded = groups.map((changes, i) =>
          Buffer.from(encodeRecord(stamp(), i, i + 1, slots(changes), Buffer.allocUnsafeSlow(64))),
        );
        const all = Buffer.concat([...encoded, Buffer.alloc(100)]);
        let at = 0;
        for (const [i, changes] of groups.entries()) {
          const found = decodeRecord(stamp(), all, at)!;
          expect(found.record).toEqual({ sequence: i, version: i + 1, changes });
          at = found.next;
        }
        expect(decodeRecord(stamp(), all, at)).toBeUndefined();
      }),
      { numRuns: runs },
    );
  });

  test("a record of another generation, cut short or changed in one bit is none", () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 1, maxLength: 5 }),
        fc.nat(),
        fc.nat(7),
        (changes, place, bit) => {
          const record = Buffer.from(encodeRecord(stamp(), 1, 1, slots(changes), Buffer.allocUnsafeSlow(64)));
          expect(decodeRecord(stamp(8), record, 0)).toBeUndefined();
          expect(decodeRecord(stamp(), record.subarray(0, place % record.length), 0)).toBeUndefined();
          const at = place % record.length;
          record[at] = record[at]! ^ (1 << bit);
          expect(decodeRecord(stamp(), record, 0)).toBeUndefined();
        },
      ),
      { numRuns: runs },
    );
  });
});

describe("segments", () => {
  const big = (key: string): Slot[] => slots([[key, Buffer.alloc(90_000)]]);

  test("the other one is used when one is full and the data file has what the other holds", async () => {
    const lock = takeLock(join(folder, "lock"));
    const journal = new Journal({ folder, store: Buffer.alloc(16, 1), lock }, 10);
    let version = 10;
    const write = async (count: number, flushed: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        journal.append(++version, big(`k${version}`), flushed);
        await journal.flush();
      }
    };
    const held = (n: 0 | 1) => {
      const read = readSegment(segment(n), "") as ReadSegment;
      return [read.generation, read.base, read.records.length, read.continued];
    };
    await write(60, 10);
    expect([held(0), held(1)]).toEqual([
      [1, 10, 47, true],
      [2, 57, 13, false],
    ]);
    // Nothing of the first is in the data file, so the second goes on, however long it gets.
    await write(60, 10);
    expect([held(0), held(1)]).toEqual([
      [1, 10, 47, true],
      [2, 57, 73, false],
    ]);
    await write(1, 57);
    expect([held(0), held(1)]).toEqual([
      [3, 130, 1, false],
      [2, 57, 73, true],
    ]);
    journal.remove();
    lock.release();
    expect(readdirSync(folder)).toEqual(["lock"]);
  });
});

describe("a store that was killed", () => {
  test("has everything again, in either durability, and no journal after it is closed", async () => {
    for (const durability of ["sync", "relaxed"] as const) {
      await killedAfter(50, 10);
      expect(existsSync(segment(0))).toBe(true);
      const engine = await openEngine(`embedded:${folder}`, { durability });
      expect(Object.keys(await rows(engine)).length).toBe(51);
      await transact(engine, async (tx) => tx.set(bytes("more"), bytes("1")));
      await engine.close();
      expect(readdirSync(folder).filter((name) => name.startsWith("journal"))).toEqual([]);
      const again = await openEngine(`embedded:${folder}`, { durability });
      expect(await rows(again)).toMatchObject({ more: "1", last: "49" });
      await again.close();
      rmSync(folder, { recursive: true });
    }
  });

  test("has everything again after several segments", async () => {
    await killedAfter(300, 60_000);
    const engine = await openEngine(`embedded:${folder}`);
    expect(Object.keys(await rows(engine)).length).toBe(301);
    await engine.close();
  });

  test("loses a torn last record alone", async () => {
    await killedAfter(50, 10);
    const file = readFileSync(segment(0));
    // Where the last record with anything in it ends.
    const end = file.findLastIndex((byte) => byte !== 0);
    file[end] = file[end]! ^ 1;
    writeFileSync(segment(0), file);
    const engine = await openEngine(`embedded:${folder}`);
    expect(await rows(engine)).toMatchObject({ last: "48" });
    await engine.close();
  });

  test("is refused when its journal is gone", async () => {
    await killedAfter(5, 10);
    rmSync(segment(0));
    rmSync(segment(1));
    await expect(openEngine(`embedded:${folder}`)).rejects.toBeInstanceOf(StoreCorruptError);
    await expect(openEngine(`embedded:${folder}`)).rejects.toThrow(/journal is missing/);
  });
});

describe("recovery", () => {
  const KEYS = 60;
  let file: DataFile;
  let id: Buffer;

  /** A journal of two segments above version 10, the second of which begins after 57; the data file has `from`. */
  async function leave(from: number): Promise<void> {
    file = await DataFile.open(join(folder, "data.mdb"), true);
    const store = Buffer.alloc(16, 1);
    const lock = takeLock(join(folder, "lock"));
    const journal = new Journal({ folder, store, lock }, 10);
    id = journal.id;
    await file.write([storeChange(store), journalChange(from, id)]);
    for (let version = 11; version <= 10 + KEYS; version++) {
      journal.append(version, slots([[`k${version}`, Buffer.alloc(90_000, version)]]), 10);
      await journal.flush();
    }
    journal.close();
    lock.release();
  }
  const damage = (n: 0 | 1): void => {
    const content = readFileSync(segment(n));
    content.fill(0, 100, 2000);
    writeFileSync(segment(n), content);
  };
  const found = (): number[] =>
    Array.from({ length: KEYS }, (_, i) => i + 11).filter(
      (version) => file.get(`k${version}`)?.[0] === version,
    );
  const everyVersion = Array.from({ length: KEYS }, (_, i) => i + 11);

  afterEach(() => file.close());

  test("writes both segments, and again after a crash in the middle of it", async () => {
    await leave(10);
    const segments = [readFileSync(segment(0)), readFileSync(segment(1))] as const;
    for (let i = 0; i < 2; i++) {
      await recover(folder, file);
      expect(found()).toEqual(everyVersion);
      expect([existsSync(segment(0)), existsSync(segment(1))]).toEqual([false, false]);
      expect(promisedVersion(file)).toBeGreaterThan(10 + KEYS);
      writeFileSync(segment(0), segments[0]);
      writeFileSync(segment(1), segments[1]);
      await file.write([journalChange(10, id)]);
    }
  });

  test("removes a journal that the data file has all of", async () => {
    await leave(10);
    await file.write(journalEndChanges(70, id));
    await recover(folder, file);
    expect(found()).toEqual([]);
    expect(existsSync(segment(0))).toBe(false);
  });

  test("refuses a store whose older segment is damaged, and leaves it as it is", async () => {
    await leave(10);
    damage(0);
    await expect(recover(folder, file)).rejects.toThrow(StoreCorruptError);
    await expect(recover(folder, file)).rejects.toThrow(/journal.0 is damaged in the middle/);
    expect(found()).toEqual([]);
    expect(existsSync(segment(1))).toBe(true);
  });

  test("does without an older segment that the data file has already", async () => {
    await leave(57);
    damage(0);
    await recover(folder, file);
    expect(found()).toEqual(everyVersion.filter((version) => version > 57));
  });

  test("refuses a store whose data file knows more than its journal", async () => {
    await leave(60);
    damage(1);
    await expect(recover(folder, file)).rejects.toThrow(/damaged in the middle/);
  });
});
