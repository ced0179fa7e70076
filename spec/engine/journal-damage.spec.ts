import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { DataFile } from "../../lib/engine/embedded/disk/data-file.js";
import {
  encodeVersion,
  JOURNAL_KEY,
  journalChange,
  storeChange,
} from "../../lib/engine/embedded/disk/store-keys.js";
import { takeLock } from "../../lib/engine/embedded/disk/store-lock.js";
import { type FoundCommits, findCommits } from "../../lib/engine/embedded/journal/find-commits.js";
import { Journal } from "../../lib/engine/embedded/journal/journal.js";
import { HEADER_BYTES } from "../../lib/engine/embedded/journal/segment-header.js";
import { Slot } from "../../lib/engine/embedded/versions/slot.js";
import { openEngine, readRangeAll } from "../../lib/engine/index.js";
import { StoreCorruptError } from "../../lib/errors.js";
import { bundle } from "./support.js";

const ROWS = 20;
let base: string;
let folder: string;
/** Killed stores: one with small rows in one segment, and one with large rows in two. */
let small: string;
let large: string;
let other: string;

async function killed(name: string, rows: number, bytes: number): Promise<string> {
  const path = join(base, name);
  const file = await bundle(join(import.meta.dirname, "children/commit-and-die.ts"));
  const { signal, stderr } = spawnSync(process.execPath, [file, path, `${rows}`, `${bytes}`]);
  expect([signal, stderr.toString()]).toEqual(["SIGKILL", ""]);
  return path;
}
/** A store in two segments, nothing of which is in the data file yet. */
async function unwritten(name: string, rows: number): Promise<string> {
  const path = join(base, name);
  mkdirSync(path);
  const file = await DataFile.open(join(path, "data.mdb"), false);
  const lock = takeLock(join(path, "lock"));
  const store = Buffer.alloc(16, 1);
  const journal = new Journal({ folder: path, store, lock }, 2_000_000);
  await file.write([storeChange(store), journalChange(2_000_000, journal.id)]);
  for (let i = 1; i <= rows; i++) {
    const version = 2_000_000 + i;
    journal.append(version, [new Slot(`row/${i}`, version, Buffer.alloc(60_000, i))], 2_000_000);
    await journal.flush();
  }
  journal.close();
  await file.close();
  lock.release();
  return path;
}
beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), "plinth-damage-"));
  small = await killed("small", ROWS, 10);
  other = await killed("other", 5, 10);
  large = await unwritten("large", 95);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));
beforeEach(() => {
  folder = join(mkdtempSync(join(base, "case-")), "store");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const take = (store: string): void => cpSync(store, folder, { recursive: true });
const segment = (n: number): string => join(folder, `journal.${n}`);
/** Where the records of a segment begin and end. */
function recordsOf(bytes: Buffer): (readonly [number, number])[] {
  const found: (readonly [number, number])[] = [];
  for (let at = HEADER_BYTES; at + 8 < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    if (length === 0) break;
    found.push([at, at + 8 + length]);
    at += 8 + length;
  }
  return found;
}
function damage(n: number, harm: (bytes: Buffer) => unknown): void {
  const bytes = readFileSync(segment(n));
  harm(bytes);
  writeFileSync(segment(n), bytes);
}
/** What a whole open would do, without what it costs. */
async function look(): Promise<FoundCommits> {
  const file = await DataFile.open(join(folder, "data.mdb"), false);
  try {
    return findCommits(folder, file);
  } finally {
    await file.close();
  }
}
async function keys(): Promise<string[]> {
  const engine = await openEngine(`embedded:${folder}`);
  const rows = await readRangeAll(engine.begin(), Buffer.from(""), Buffer.from("\xff", "latin1"));
  await engine.close();
  return rows.map(([key]) => Buffer.from(key).toString()).filter((key) => key.startsWith("row/"));
}
const content = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => /^journal|^data.mdb$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );
async function refused(what: RegExp): Promise<void> {
  const before = content();
  for (let i = 0; i < 2; i++) {
    const failure = await keys().then(
      (found) => found,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(StoreCorruptError);
    expect((failure as Error).message).toMatch(what);
    expect((failure as Error).message).toMatch(/plinth recover/);
  }
  // Nothing was deleted and nothing written.
  expect(content()).toEqual(before);
}

describe("the end of the journal", () => {
  test("torn at any byte loses the torn record alone", async () => {
    take(small);
    const whole = readFileSync(segment(0));
    const file = await DataFile.open(join(folder, "data.mdb"), false);
    const records = recordsOf(whole);
    const [start, end] = records.at(-1)!;
    expect(records.length).toBe(ROWS);
    for (let at = start; at <= end; at++) {
      const torn = Buffer.from(whole);
      torn.fill(0, at, end);
      // What is cut off may be zeros itself.
      const same = torn.equals(whole);
      for (const bytes of [torn, whole.subarray(0, at)]) {
        writeFileSync(segment(0), bytes);
        const found = findCommits(folder, file);
        expect([found.problem, found.records.length]).toEqual([
          undefined,
          at === end || (same && bytes === torn) ? ROWS : ROWS - 1,
        ]);
      }
    }
    await file.close();
  });

  test("noise behind it is no record, nor is a copy of an earlier one", async () => {
    take(small);
    damage(0, (bytes) => {
      const [first] = recordsOf(bytes);
      const end = recordsOf(bytes).at(-1)![1];
      bytes.fill(0xa5, end, end + 500);
      bytes.copy(bytes, end + 500, first![0], first![1]);
    });
    const found = await look();
    expect([found.problem, found.records.length]).toEqual([undefined, ROWS]);
  });
});

describe("damage before the end is refused", () => {
  test("a flipped bit in each record but the last", async () => {
    const whole = readFileSync(join(small, "journal.0"));
    take(small);
    const records = recordsOf(whole);
    const file = await DataFile.open(join(folder, "data.mdb"), false);
    for (const [i, [start, end]] of records.slice(0, -1).entries()) {
      for (const place of [start, start + 3, start + 5, start + 9, start + 20, start + 30, end - 1]) {
        const bytes = Buffer.from(whole);
        bytes[place] = bytes[place]! ^ 4;
        writeFileSync(segment(0), bytes);
        const found = findCommits(folder, file);
        expect(found.problem).toMatch(/journal\.0 is damaged in the middle/);
        expect([found.records.length, found.lost.length]).toEqual([i, ROWS - 1 - i]);
      }
    }
    await file.close();
    await refused(
      /at stake is everything after version \d+, of which 1 group of commits up to version \d+ can be seen/,
    );
  });

  test("a zeroed sector, and a length that is any other", async () => {
    take(small);
    damage(0, (bytes) => bytes.fill(0, 512, 1024));
    await refused(/damaged in the middle/);
    for (let bit = 0; bit < 32; bit++) {
      rmSync(folder, { recursive: true });
      take(small);
      damage(0, (bytes) => {
        const at = recordsOf(bytes)[5]![0] + (bit >> 3);
        bytes[at] = bytes[at]! ^ (1 << (bit & 7));
      });
      expect((await look()).problem).toMatch(/damaged in the middle/);
    }
  });

  test("the newer segment is gone, empty, zeroed, or has a damaged header", async () => {
    const harms: [RegExp, () => void][] = [
      [/follows journal\.0 is missing/, () => rmSync(segment(1))],
      [/follows journal\.0 is empty/, () => truncateSync(segment(1), 0)],
      [/follows journal\.0 is damaged/, () => damage(1, (bytes) => bytes.fill(0, 0, 4096))],
      ...[0, 20, 30, 36, 41, 50, 70, 85].map((at): [RegExp, () => void] => [
        /follows journal\.0 is damaged/,
        () => damage(1, (bytes) => bytes.writeUInt8(bytes[at]! ^ 1, at)),
      ]),
    ];
    for (const [what, harm] of harms) {
      take(large);
      harm();
      expect((await look()).problem).toMatch(what);
      rmSync(folder, { recursive: true });
    }
    take(large);
    rmSync(segment(1));
    await refused(/follows journal\.0 is missing/);
  });

  test("the older segment is gone, empty, or damaged anywhere", async () => {
    const harms: (() => void)[] = [
      () => rmSync(segment(0)),
      () => truncateSync(segment(0), 0),
      () => truncateSync(segment(0), 2_000_000),
      () => damage(0, (bytes) => bytes.fill(0, 0, 4096)),
      () => damage(0, (bytes) => bytes.writeUInt8(bytes[2_000_000]! ^ 1, 2_000_000)),
    ];
    for (const harm of harms) {
      take(large);
      harm();
      expect((await look()).problem).toMatch(/older part|in the middle/);
      rmSync(folder, { recursive: true });
    }
    take(large);
    rmSync(segment(0));
    await refused(/older part of the journal is missing/);
  });

  test("one segment stands in both places", async () => {
    take(large);
    copyFileSync(segment(0), segment(1));
    await refused(/one and the same/);
  });

  test("segments that changed places are read all the same", async () => {
    take(large);
    copyFileSync(segment(0), join(folder, "aside"));
    copyFileSync(segment(1), segment(0));
    copyFileSync(join(folder, "aside"), segment(1));
    expect((await keys()).length).toBe(95);
  });
});

describe("files that do not belong together are refused", () => {
  test("the journal of another store", async () => {
    take(small);
    copyFileSync(join(other, "journal.0"), segment(0));
    await refused(/journal\.0 is of another store/);
  });

  test("one segment of another store", async () => {
    take(large);
    copyFileSync(join(other, "journal.0"), segment(1));
    await refused(/journal\.1 is of another store/);
  });

  test("the journal of an earlier life, and a data file of one", async () => {
    take(small);
    const early = join(base, "early");
    cpSync(folder, early, { recursive: true });
    // Recovers and closes, lives on, and is killed again.
    const file = await bundle(join(import.meta.dirname, "children/commit-and-die.ts"));
    spawnSync(process.execPath, [file, folder, "7", "10"]);
    const late = join(base, "late");
    cpSync(folder, late, { recursive: true });
    copyFileSync(join(early, "journal.0"), segment(0));
    await refused(/journal\.0 is of another life of this store/);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    copyFileSync(join(early, "data.mdb"), join(folder, "data.mdb"));
    copyFileSync(join(late, "journal.0"), segment(0));
    await refused(/journal\.0 is of another life of this store/);
  });

  test("a data file that was closed, under the journal of a later life", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    const tx = engine.begin();
    tx.set(Buffer.from("row/old"), Buffer.from("1"));
    await tx.commit();
    await engine.close();
    const copy = join(base, "closed.mdb");
    copyFileSync(join(folder, "data.mdb"), copy);
    const file = await bundle(join(import.meta.dirname, "children/commit-and-die.ts"));
    spawnSync(process.execPath, [file, folder, "7", "10"]);
    copyFileSync(copy, join(folder, "data.mdb"));
    await refused(/journal\.0 is of another life of this store/);
    // Without the journal it is the store that it was.
    rmSync(segment(0));
    rmSync(segment(1), { force: true });
    expect(await keys()).toEqual(["row/old"]);
  });

  test("what is left of a journal whose end the data file notes is removed", async () => {
    take(small);
    const journal = readFileSync(segment(0));
    expect((await keys()).length).toBe(ROWS);
    // As after a crash between the note and the removal.
    writeFileSync(segment(0), journal);
    expect((await keys()).length).toBe(ROWS);
    expect(existsSync(segment(0))).toBe(false);
  });
});

describe("the journal of earlier builds", () => {
  const LATIN = "latin1";
  function firstFormat(generation: number, start: number, rows: readonly string[]): Buffer {
    const header = Buffer.alloc(36);
    header.write("plinth journal 1", 0, LATIN);
    header.writeDoubleLE(generation, 16);
    header.writeDoubleLE(start, 24);
    header.writeUInt32LE(crc32(header.subarray(0, 32)), 32);
    const records = rows.map((key, i) => {
      const record = Buffer.alloc(20 + 8 + key.length + 1);
      record.writeUInt32LE(record.length - 8, 0);
      record.writeDoubleLE(start + i + 1, 8);
      record.writeUInt32LE(1, 16);
      record.writeUInt32LE(key.length, 20);
      record.writeUInt32LE(1, 24);
      record.write(`${key}1`, 28, LATIN);
      record.writeUInt32LE(crc32(record.subarray(8), generation), 4);
      return record;
    });
    return Buffer.concat([header, ...records, Buffer.alloc(4096)]);
  }
  const rows = ["row/a", "row/b", "row/c", "row/d"];
  async function leave(): Promise<void> {
    mkdirSync(folder);
    const file = await DataFile.open(join(folder, "data.mdb"), false);
    await file.write([[JOURNAL_KEY, encodeVersion(2_000_000)]]);
    await file.close();
    writeFileSync(segment(0), firstFormat(1, 2_000_000, rows));
    writeFileSync(segment(1), "");
  }

  test("is read", async () => {
    await leave();
    expect(await keys()).toEqual(rows);
    expect(existsSync(segment(0))).toBe(false);
  });

  test("is refused with a whole record behind a damaged one, and read without its torn end", async () => {
    await leave();
    damage(0, (bytes) => bytes.writeUInt8(bytes[40 + 34]! ^ 1, 40 + 34));
    await refused(/damaged in the middle/);
    rmSync(folder, { recursive: true });
    await leave();
    damage(0, (bytes) => bytes.writeUInt8(bytes[36 + 4 * 34 - 1]! ^ 1, 36 + 4 * 34 - 1));
    expect(await keys()).toEqual(rows.slice(0, 3));
  });

  test("is refused under a data file of this build", async () => {
    take(small);
    writeFileSync(segment(0), firstFormat(1, 2_000_000, rows));
    await refused(/another build's life/);
  });
});
