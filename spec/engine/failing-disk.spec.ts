import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { errnoOf, isFull } from "../../lib/engine/embedded/disk/index.js";
import { openEngine, readRangeAll } from "../../lib/engine/index.js";
import { bundle } from "./support.js";

/** `PLINTH_REFUSALS=10000` shows it at full size. */
const refusals = Number(process.env.PLINTH_REFUSALS ?? 2_000);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-failing-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Told {
  readonly outcomes: Readonly<Record<string, string>>;
  readonly failed: number;
  readonly unhandled: readonly string[];
  readonly leaked: { readonly descriptors: number; readonly bytes: number };
}
const usual = { file: "journal.0", times: 1, after: 5, commits: 20, bytes: 100, close: false };
async function run(task: object): Promise<{ told: Told; found: readonly string[] }> {
  const file = await bundle(join(import.meta.dirname, "children/failing-disk.ts"));
  const path = join(folder, "store");
  rmSync(path, { recursive: true, force: true });
  const child = spawnSync(process.execPath, [
    "--expose-gc",
    file,
    JSON.stringify({ ...usual, ...task, path }),
  ]);
  expect(child.stderr.toString()).toBe("");
  const told = JSON.parse(child.stdout.toString()) as Told;
  expect([told.unhandled, told.failed > 0, told.outcomes.last]).toEqual([[], true, "acknowledged"]);
  const engine = await openEngine(`embedded:${path}`);
  const rows = await readRangeAll(engine.begin(), Buffer.from(""), Buffer.from("\xff", "latin1"));
  await engine.close();
  const found = rows.map(([key]) => Buffer.from(key).toString());
  // Whatever happened: what was acknowledged is there, and what was told as not committed is not.
  for (const [key, outcome] of Object.entries(told.outcomes)) {
    if (outcome === "acknowledged") expect(found).toContain(key);
    else if (!outcome.startsWith("fdb_1021")) expect(found).not.toContain(key);
  }
  return { told, found };
}
const refused = ({ outcomes }: Told): Record<string, string> =>
  Object.fromEntries(Object.entries(outcomes).filter(([, outcome]) => outcome !== "acknowledged"));

test("a reason that Node knows by its number alone has its name, and a quota is a full disk", () => {
  const quota = { code: "UNKNOWN", errno: -constants.errno.EDQUOT };
  const error = Object.assign(new Error("UNKNOWN: unknown error, write"), quota);
  expect(errnoOf(error)).toBe("EDQUOT");
  expect(isFull(errnoOf(error))).toBe(true);
  expect(errnoOf(Object.assign(new Error("no"), { code: "ENOSPC", errno: -1 }))).toBe("ENOSPC");
  expect(errnoOf(new Error("no"))).toBeUndefined();
});

describe("a flush of the journal that fails", () => {
  test.each([true, false])(
    "leaves the outcome of its commit unknown, and the next one works (closed: %s)",
    async (close) => {
      for (const after of [0, 1, 5]) {
        const { told, found } = await run({ call: "flush", errno: "EIO", after, close });
        const [key, ...others] = Object.keys(refused(told));
        expect(others).toEqual([]);
        // The first flush is that of a new journal, before anything is in it.
        expect(told.outcomes[key!]).toBe(after === 0 ? "store_io" : "fdb_1021 EIO");
        // The store has gone on without it, in a new journal: it does not come back.
        expect(found).not.toContain(key);
      }
    },
  );

  test("several times in a row, each commit is told so", async () => {
    const { told } = await run({ call: "flush", errno: "EIO", times: 3 });
    expect(Object.keys(refused(told)).length).toBe(3);
  });

  test("in another thread, on a slow disk", async () => {
    const { told, found } = await run({ call: "flush", errno: "EIO", slow: true });
    expect(Object.values(refused(told))).toEqual(["fdb_1021 EIO"]);
    expect(found.length).toBe(20);
  });

  test("where the journal goes on in its other file", async () => {
    for (const [file, after] of [
      ["journal.1", 0],
      ["journal.0", 43],
      ["journal.0", 44],
      ["journal.1", 1],
    ] as const) {
      const { told } = await run({
        call: "flush",
        errno: "EIO",
        file,
        after,
        commits: 60,
        bytes: 99_000,
      });
      expect(Object.values(refused(told)).length).toBe(1);
    }
  });
});

describe("a write of the journal that fails", () => {
  test.each(["ENOSPC", "EDQUOT"])(
    "for want of room (%s) is told as not committed, also when a part was written",
    async (errno) => {
      for (const after of [0, 1, 2, 7])
        for (const short of errno === "ENOSPC" ? [undefined, 60] : [130]) {
          const { told } = await run({ call: "writeSync", errno, after, ...(short && { short }) });
          expect(Object.values(refused(told))).toEqual(["store_full"]);
        }
    },
  );

  test("for any other reason leaves the outcome unknown", async () => {
    const { told } = await run({ call: "writeSync", errno: "EIO", after: 8 });
    expect(Object.values(refused(told))).toEqual(["store_io"]);
  });

  test("many times costs no descriptor and no memory, with a journal and without one", async () => {
    for (const after of [0, 6]) {
      const task = { call: "writeSync", errno: "ENOSPC", after, times: refusals, commits: refusals + 10 };
      const { told } = await run(task);
      expect(told.failed).toBe(refusals);
      expect(told.leaked.descriptors).toBeLessThan(5);
      expect(told.leaked.bytes).toBeLessThan(16 << 20);
    }
  });
});

test("a folder that cannot be flushed keeps the first commit from being acknowledged", async () => {
  for (const file of ["store", basename(folder)]) {
    const { told } = await run({ call: "fsyncSync", errno: "EIO", file, after: 0, commits: 3 });
    expect(refused(told)).toEqual({ k000: "store_io" });
  }
});
