import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DataFile } from "../../lib/engine/embedded/disk/data-file.js";
import { CLEAR_PREFIX, KEPT_PREFIX } from "../../lib/engine/embedded/disk/store-keys.js";
import { forgetPast, unsortedKeys } from "../../lib/engine/embedded/test-access.js";
import { RangeClears } from "../../lib/engine/embedded/versions/range-clears.js";
import {
  type Engine,
  firstGreaterOrEqual,
  MutationType,
  openEngine,
  readRangeAll,
  type Transaction,
  transact,
} from "../../lib/engine/index.js";
import { bundle } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-clears-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const runs = Number(process.env.PLINTH_RUNS ?? 8);
const bytes = (text: string): Buffer => Buffer.from(text, "latin1");
const name = (n: number): string => `k${String(n).padStart(5, "0")}`;
const key = (n: number): Buffer => bytes(name(n));
/** More than what is cleared key by key. */
const ROWS = 1500;

async function fill(engine: Engine, rows = ROWS): Promise<void> {
  for (let n = 0; n < rows; n += 5000)
    await transact(engine, async (tx) => {
      for (let i = n; i < Math.min(rows, n + 5000); i++) tx.set(key(i), bytes(`old ${i}`));
    });
}

async function rowsOf(tx: Transaction, options = {}): Promise<[string, string][]> {
  const rows = await readRangeAll(tx, bytes(""), bytes("\xff"), options);
  return rows.map(([k, v]) => [Buffer.from(k).toString("latin1"), Buffer.from(v).toString("latin1")]);
}

const sorted = (rows: ReadonlyMap<string, string>): [string, string][] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

/** As `toEqual`, which takes seconds for thousands of rows; says where they differ first. */
function same(found: readonly [string, string][], expected: readonly [string, string][]): void {
  const at = expected.findIndex(([key, value], i) => found[i]?.[0] !== key || found[i]?.[1] !== value);
  if (at >= 0) expect([at, found[at]]).toEqual([at, expected[at]]);
  expect(found.length).toBe(expected.length);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Rows in the data file, those included that are hidden, and the notes of clears. */
async function inFile(): Promise<{ rows: number; notes: number }> {
  const file = await DataFile.open(join(folder, "data.mdb"), false);
  const rows = file.keys("", "\xff", 1_000_000).length;
  const notes = [CLEAR_PREFIX, KEPT_PREFIX].flatMap((prefix) =>
    file.keys(prefix, `${prefix}\xff`, 1000),
  ).length;
  await file.close();
  return { rows, notes };
}

/** Waits until what is cleared is gone from the file, with `now` moved past the five seconds. */
async function worked(engine: Engine, clock: { now: number }): Promise<void> {
  clock.now += 10_000_000;
  const { store } = engine as unknown as { store: { overlay: { clears: RangeClears } } };
  while (!store.overlay.clears.empty) {
    forgetPast(engine);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("what a clear of many rows is", () => {
  test("a commit of few writes in memory, whatever it clears", async () => {
    const clock = { now: 0 };
    const open = (): Promise<Engine> => openEngine(`embedded:${folder}`, { clock: () => clock.now });
    let engine = await open();
    await fill(engine, 20_000);
    await engine.close();
    engine = await open();
    const tx = engine.begin();
    tx.clearRange(key(0), key(20_000));
    await tx.commit();
    expect(forgetPast(engine)).toBeLessThan(5);
    expect(await rowsOf(engine.begin())).toEqual([]);
    expect(forgetPast(engine)).toBeLessThan(5);
    await worked(engine, clock);
    await engine.close();
    expect(await inFile()).toEqual({ rows: 0, notes: 0 });
  });

  test("what is removed from the file in one turn is at most 500 rows, and all of it goes", async () => {
    const clock = { now: 0 };
    const open = (): Promise<Engine> => openEngine(`embedded:${folder}`, { clock: () => clock.now });
    let engine = await open();
    await fill(engine, 4000);
    await engine.close();
    engine = await open();
    await transact(engine, async (tx) => tx.clearRange(key(0), key(4000)));
    const written: number[] = [];
    const asked: number[] = [];
    const { write, keys } = DataFile.prototype;
    DataFile.prototype.write = function (changes) {
      const all = [...changes];
      written.push(all.length);
      return write.call(this, all);
    };
    DataFile.prototype.keys = function (begin, end, limit) {
      asked.push(limit);
      return keys.call(this, begin, end, limit);
    };
    try {
      await worked(engine, clock);
    } finally {
      Object.assign(DataFile.prototype, { write, keys });
    }
    expect(Math.max(...asked)).toBeLessThanOrEqual(500);
    // Beside the rows, the note of how far it is.
    expect(Math.max(...written)).toBeLessThanOrEqual(501);
    expect(written.reduce((sum, n) => sum + n, 0)).toBeGreaterThanOrEqual(4000);
    await engine.close();
    expect(await inFile()).toEqual({ rows: 0, notes: 0 });
  });

  test("few rows are cleared one by one, and leave no note", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    await fill(engine, 100);
    await transact(engine, async (tx) => tx.clearRange(bytes(""), bytes("\xff")));
    await engine.close();
    expect(await inFile()).toEqual({ rows: 0, notes: 0 });
  });

  test("few rows of many bytes are too many", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    await transact(engine, async (tx) => {
      for (let n = 0; n < 50; n++) tx.set(key(n), Buffer.alloc(50_000, n));
    });
    await transact(engine, async (tx) => tx.clearRange(bytes(""), bytes("\xff")));
    expect(await rowsOf(engine.begin())).toEqual([]);
    await engine.close();
    expect(await inFile()).toEqual({ rows: 50, notes: 1 });
  });
});

describe("writes of the transaction that clears", () => {
  const cases: Record<string, { write(tx: Transaction): void; rows: [string, string][]; native?: boolean }> =
    {
      "a set before it is cleared": {
        write(tx) {
          tx.set(key(3), bytes("x"));
          tx.clearRange(bytes("k"), bytes("l"));
        },
        rows: [],
      },
      "a set after it stays": {
        write(tx) {
          tx.clearRange(bytes("k"), bytes("l"));
          tx.set(key(3), bytes("x"));
        },
        rows: [[name(3), "x"]],
      },
      "an addition after it begins at nothing": {
        write(tx) {
          tx.clearRange(bytes("k"), bytes("l"));
          tx.atomic(MutationType.add, key(3), Buffer.from([2, 0]));
          tx.atomic(MutationType.add, key(3), Buffer.from([3, 0]));
        },
        rows: [[name(3), "\x05\0"]],
      },
      "a set between two clears is cleared": {
        write(tx) {
          tx.clearRange(bytes("k"), bytes("l"));
          tx.set(key(3), bytes("x"));
          tx.clearRange(key(2), key(9));
          tx.set(key(5), bytes("y"));
        },
        rows: [[name(5), "y"]],
      },
    };
  for (const readYourWrites of [true, false])
    test.each(Object.entries(cases))(
      `%s (${readYourWrites ? "seen by its own reads" : "blind"})`,
      async (_, { write, rows }) => {
        const engine = await openEngine(`embedded:${folder}`);
        await fill(engine);
        const tx = engine.begin();
        if (!readYourWrites) tx.setOption("readYourWritesDisable");
        write(tx);
        await tx.commit();
        expect(await rowsOf(engine.begin())).toEqual(rows);
        await engine.close();
        const again = await openEngine(`embedded:${folder}`);
        expect(await rowsOf(again.begin())).toEqual(rows);
        await again.close();
      },
    );

  test("a versionstamped key behind a clear stays, one before it is cleared", async () => {
    const engine = await openEngine(`embedded:${folder}`);
    await fill(engine);
    const stamped = (): Buffer => Buffer.concat([bytes("k/"), Buffer.alloc(10), Buffer.from([2, 0, 0, 0])]);
    const tx = engine.begin();
    tx.setOption("readYourWritesDisable");
    tx.atomic(MutationType.setVersionstampedKey, stamped(), bytes("before"));
    tx.clearRange(bytes("k"), bytes("l"));
    tx.atomic(MutationType.setVersionstampedKey, stamped(), bytes("after"));
    await tx.commit();
    expect((await rowsOf(engine.begin())).map(([, value]) => value)).toEqual(["after"]);
    await engine.close();
  });
});

describe("conflicts and watches", () => {
  test("a read of a cleared key, or of the range, conflicts; one beside it does not", async () => {
    const engine = await openEngine("memory:");
    await fill(engine);
    const read = async (work: (tx: Transaction) => Promise<unknown>): Promise<() => Promise<void>> => {
      const tx = engine.begin();
      await work(tx);
      tx.set(bytes("z"), bytes(""));
      return () => tx.commit();
    };
    const point = await read((tx) => tx.get(key(700)));
    const range = await read((tx) =>
      tx.getRange(firstGreaterOrEqual(key(1490)), firstGreaterOrEqual(bytes("l"))),
    );
    const beside = await read((tx) => tx.get(bytes("l")));
    await transact(engine, async (tx) => tx.clearRange(bytes("k"), bytes("l")));
    await expect(point()).rejects.toMatchObject({ fdbCode: 1020 });
    await expect(range()).rejects.toMatchObject({ fdbCode: 1020 });
    await beside();
    const later = await read((tx) => tx.get(key(700)));
    await later();
    await engine.close();
  });

  test("watches on cleared keys fire, those on keys that were absent or are kept do not", async () => {
    const engine = await openEngine("memory:");
    await fill(engine);
    const fired: string[] = [];
    const tx = engine.begin();
    for (const watched of [name(5), name(6), "k/absent", "other"]) {
      void tx.watch(bytes(watched)).promise.then(
        () => fired.push(watched),
        () => undefined,
      );
    }
    await tx.commit();
    await transact(engine, async (clear) => {
      clear.clearRange(bytes("k"), bytes("l"));
      clear.set(key(6), bytes("old 6"));
    });
    await turn();
    expect(fired).toEqual([name(5)]);
    await engine.close();
  });
});

test("reads of every version, against a model, while clears overlap, end and are written into", async () => {
  type Op =
    | { type: "clear"; from: number; to: number }
    | { type: "set" | "unset"; at: number }
    | { type: "add"; at: number }
    | { type: "wait"; ms: number }
    | { type: "reopen" };
  const place = fc.integer({ min: 0, max: ROWS });
  const op: fc.Arbitrary<Op> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ type: fc.constant("clear" as const), from: place, to: place }) },
    { weight: 1, arbitrary: fc.constant<Op>({ type: "clear", from: 0, to: ROWS }) },
    {
      weight: 6,
      arbitrary: fc.record({ type: fc.constantFrom("set" as const, "unset" as const), at: place }),
    },
    { weight: 2, arbitrary: fc.record({ type: fc.constant("add" as const), at: place }) },
    {
      weight: 3,
      arbitrary: fc.record({ type: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 4000 }) }),
    },
    { weight: 1, arbitrary: fc.constant<Op>({ type: "reopen" }) },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(op, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
      fc.array(fc.tuple(place, place, fc.integer({ min: 1, max: 5 }), fc.boolean()), {
        minLength: 3,
        maxLength: 6,
      }),
      async (commits, probes) => {
        rmSync(folder, { recursive: true, force: true });
        const clock = { now: 0 };
        const open = (): Promise<Engine> => openEngine(`embedded:${folder}`, { clock: () => clock.now });
        let engine = await open();
        await fill(engine);
        let model = new Map(Array.from({ length: ROWS }, (_, n) => [name(n), `old ${n}`]));
        let past: { version: bigint; at: number; rows: Map<string, string> }[] = [];

        const check = async (): Promise<void> => {
          past = past.filter(({ at }) => clock.now - at < 4_900_000);
          for (const { version, rows } of past) {
            const tx = engine.begin();
            tx.setReadVersion(version);
            const expected = sorted(rows);
            same(await rowsOf(tx), expected);
            for (const [from, to, limit, reverse] of probes) {
              const inside = expected.filter(([k]) => k >= name(from) && k < name(to));
              if (reverse) inside.reverse();
              const { rows: found } = await tx.getRange(
                firstGreaterOrEqual(key(from)),
                firstGreaterOrEqual(key(to)),
                { limit, reverse },
              );
              expect(found.map(([k]) => Buffer.from(k).toString())).toEqual(
                inside.slice(0, limit).map(([k]) => k),
              );
              expect((await tx.get(key(from)))?.toString()).toBe(rows.get(name(from)));
            }
          }
        };
        let n = 0;
        for (const ops of commits) {
          const next = new Map(model);
          const tx = engine.begin();
          for (const one of ops) {
            n++;
            if (one.type === "wait") clock.now += one.ms * 1000;
            else if (one.type === "clear") {
              if (one.from > one.to) continue;
              tx.clearRange(key(one.from), key(one.to));
              for (const k of next.keys()) if (k >= name(one.from) && k < name(one.to)) next.delete(k);
            } else if (one.type === "set") {
              tx.set(key(one.at), bytes(`${n}`));
              next.set(name(one.at), `${n}`);
            } else if (one.type === "unset") {
              tx.clear(key(one.at));
              next.delete(name(one.at));
            } else if (one.type === "add") {
              tx.atomic(MutationType.appendIfFits, key(one.at), bytes("+"));
              next.set(name(one.at), `${next.get(name(one.at)) ?? ""}+`);
            }
          }
          clock.now += 10;
          await tx.commit();
          model = next;
          if (tx.getCommittedVersion() > 0n)
            past.push({ version: tx.getCommittedVersion(), at: clock.now, rows: model });
          forgetPast(engine);
          // Time for the file to take some of it.
          if (n % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
          await check();
          if (ops.some(({ type }) => type === "reopen")) {
            await engine.close();
            engine = await open();
            past = [];
            same(await rowsOf(engine.begin()), sorted(model));
          }
        }
        await worked(engine, clock);
        same(await rowsOf(engine.begin()), sorted(model));
        await engine.close();
        expect(await inFile()).toEqual({ rows: model.size, notes: 0 });
      },
    ),
    // Shrinking takes minutes, since the store of the run that failed is still open.
    { numRuns: runs, endOnFailure: true },
  );
}, 300_000);

test("the parts of a range and what hides them, against a model", () => {
  const bound = fc.integer({ min: 0, max: 12 }).map((n) => String.fromCharCode(97 + n));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(bound, bound, fc.integer({ min: 0, max: 2 })), { maxLength: 8 }),
      fc.array(fc.constantFrom("advance", "revert"), { maxLength: 4 }),
      (ranges, later) => {
        const clears = new RangeClears();
        let model: { begin: string; end: string; version: number }[] = [];
        let version = 1;
        for (const [a, b, step] of ranges) {
          const [begin, end] = a < b ? [a, b] : [b, a];
          if (begin === end) continue;
          version += step;
          clears.add({ id: "", begin, end, version });
          model.push({ begin, end, version });
        }
        for (const one of later) {
          const [first] = model;
          if (first === undefined) break;
          if (one === "revert") {
            clears.revert(version - 1);
            model = model.filter((clear) => clear.version < version);
          } else {
            const begin = String.fromCharCode(first.begin.charCodeAt(0) + 2);
            clears.advance(begin);
            model = begin < first.end ? [{ ...first, begin }, ...model.slice(1)] : model.slice(1);
          }
        }
        expect(clears.all.map(({ begin, end }) => [begin, end])).toEqual(
          model.map(({ begin, end }) => [begin, end]),
        );
        for (let v = 0; v <= version; v++) {
          const parts = clears.parts("a", "z", v);
          for (const at of "abcdefghijklmnopqrstuvwxy") {
            const over = model.filter(({ begin, end }) => begin <= at && at < end).map((c) => c.version);
            const expected = Math.max(0, ...over.filter((c) => c <= v));
            expect(clears.newestOver(at, v)).toBe(expected);
            expect(parts.find(({ from, to }) => from <= at && at < to)!.cleared).toBe(expected);
            expect(clears.firstAfter(at, v)).toBe(over.filter((c) => c > v).sort((x, y) => x - y)[0]);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("a process that is killed in the middle of it: cleared is cleared, and what came after stays", async () => {
  const program = await bundle(join(import.meta.dirname, "children/clear-and-die.ts"));
  for (const afterMs of [0, 200]) {
    rmSync(folder, { recursive: true, force: true });
    const child = spawn(process.execPath, [program, folder, "12000"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let said = "";
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        if (said === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
        said += chunk.toString();
      });
      child.on("close", () => resolve());
    });
    const acknowledged = said.split("\n").slice(1, -1).length;
    const clock = { now: 0 };
    const engine = await openEngine(`embedded:${folder}`, { clock: () => clock.now });
    const written = (at: number): string => `k${String(at).padStart(6, "0")}`;
    const expected = new Map<string, string>();
    for (let n = 0; n < 1000; n++) expected.set(written(n), "old");
    for (let n = 11_000; n < 12_000; n++) expected.set(written(n), "old");
    for (let n = 0; n < acknowledged; n++) expected.set(written(1000 + n * 3), `new ${n}`);
    for (const done of [false, true]) {
      const found = new Map(await rowsOf(engine.begin()));
      // The last commit may have been on its way.
      const last = written(1000 + acknowledged * 3);
      if (!expected.has(last)) found.delete(last);
      same(sorted(found), sorted(expected));
      if (!done) await worked(engine, clock);
    }
    await engine.close();
  }
}, 120_000);

test("a clear right after a load has few keys left to sort in", async () => {
  const engine = await openEngine("memory:");
  await fill(engine, 30_000);
  const before = unsortedKeys(engine);
  for (let turn = 0; turn < 6; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(before <= 30_000 && unsortedKeys(engine) <= 10_000).toBe(true);
  await transact(engine, async (tx) => tx.clearRange(key(0), key(99_999)));
  expect(await transact(engine, (tx) => readRangeAll(tx, key(0), bytes("l")))).toEqual([]);
  await engine.close();
});
