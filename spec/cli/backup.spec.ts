import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openEngine, transact } from "../../lib/engine/index.js";
import { plinth } from "./support/run.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-cli-backup-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a store is backed up, verified, restored; damage is named and exits with 3", async () => {
  const [store, copy, again] = ["store", "copy", "again"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const engine = await openEngine(`embedded:${store}`);
  await transact(engine, async (tx) => tx.set(Buffer.from("key"), Buffer.from("a value of a row")));
  await engine.close();
  const run = (...args: string[]) => plinth(args, {});

  const made = await run("backup", copy, "--url", `embedded:${store}`, "--storage-id", "s", "--json");
  expect([made.code, made.json()]).toMatchObject([0, [{ path: copy, rows: expect.any(Number) }]]);
  expect((await run("verify", copy)).code).toBe(0);
  expect((await run("restore", copy, again)).code).toBe(0);
  expect(existsSync(join(again, "data.mdb"))).toBe(true);
  const twice = await run("restore", copy, again, "--json");
  expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining("backup_failed")]);

  const path = join(again, "data.mdb");
  const bytes = readFileSync(path);
  for (let at = bytes.indexOf("a value of"); at >= 0; at = bytes.indexOf("a value of", at + 1))
    bytes[at] = 0x41;
  writeFileSync(path, bytes);
  const found = await run("verify", again);
  expect([found.code, found.stdout]).toEqual([3, expect.stringContaining('"key"')]);
});
