import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Engine, openEngine, readRangeAll } from "../../lib/engine/index.js";
import { plinth } from "./support/run.js";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-recover-"));
  path = join(folder, "store");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = async (engine: Engine, key: string): Promise<string> => {
  const tx = engine.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
  return engine.lives!.nameAt(tx.getCommittedVersion());
};
async function keys(): Promise<string[]> {
  const engine = await openEngine(`embedded:${path}`);
  const rows = await readRangeAll(engine.begin(), Buffer.from(""), Buffer.from("\xff", "latin1"));
  await engine.close();
  return rows.map(([key]) => Buffer.from(key).toString());
}
/** A store as a crash leaves it, and the names of its five commits. */
async function crashed(): Promise<string[]> {
  const live = join(folder, "live");
  const engine = await openEngine(`embedded:${live}`);
  const names: string[] = [];
  for (const key of ["a", "b", "c", "d", "e"]) names.push(await put(engine, key));
  cpSync(live, path, { recursive: true });
  await engine.close();
  return names;
}
/** Flips a bit in the record that holds `key`. */
function damage(key: string): void {
  const file = join(path, "journal.0");
  const bytes = readFileSync(file);
  const at = bytes.indexOf(Buffer.from(`${key}1`));
  bytes[at] = bytes[at]! ^ 4;
  writeFileSync(file, bytes);
}

test("a whole journal needs nothing", async () => {
  await crashed();
  const { code, stdout } = await plinth(["recover", path]);
  expect([code, stdout]).toEqual([0, "The journal is whole: the next open recovers it.\n"]);
  expect(await keys()).toEqual(["a", "b", "c", "d", "e"]);
});

test("shows what is lost and changes nothing, then goes on at that loss", async () => {
  const names = await crashed();
  damage("c");
  const before = readdirSync(path);
  const looked = await plinth(["recover", `embedded:${path}`]);
  expect(looked.code).toBe(3);
  expect(looked.stdout).toMatch(/Problem +journal\.0 is damaged in the middle/);
  expect(looked.stdout).toMatch(/Recoverable +2 groups/);
  expect(looked.stdout).toMatch(/Lost +2 groups of commits that can be seen/);
  expect(readdirSync(path)).toEqual(before);
  await expect(openEngine(`embedded:${path}`)).rejects.toMatchObject({ code: "store_corrupt" });

  expect((await plinth(["recover", path, "--accept-loss"])).code).toBe(4);
  await expect(openEngine(`embedded:${path}`)).rejects.toMatchObject({ code: "store_corrupt" });

  const done = await plinth(["recover", path, "--accept-loss", "--yes", "--json"]);
  expect(done.code).toBe(0);
  const [told] = done.json() as { aside: string[]; lost: { groups: number } }[];
  expect([told!.lost.groups, told!.aside.length]).toEqual([2, 2]);
  expect(readdirSync(path)).toEqual(expect.arrayContaining(told!.aside));
  expect(await keys()).toEqual(["a", "b"]);
  const engine = await openEngine(`embedded:${path}`);
  expect(names.map((name) => engine.lives!.knows(name))).toEqual([true, true, false, false, false]);
  await put(engine, "f");
  await engine.close();
  expect(await keys()).toEqual(["a", "b", "f"]);
});

test("a journal that is gone, or is another store's, can be done without", async () => {
  await crashed();
  for (const name of ["journal.0", "journal.1"]) rmSync(join(path, name));
  const gone = await plinth(["recover", path, "--accept-loss", "--yes"]);
  expect([gone.code, gone.stdout]).toEqual([0, expect.stringContaining("journal is missing")]);
  expect(await keys()).toEqual([]);
  const other = await openEngine(`embedded:${join(folder, "other")}`);
  await put(other, "x");
  cpSync(join(folder, "other", "journal.0"), join(path, "journal.0"));
  await other.close();
  const foreign = await plinth(["recover", path, "--accept-loss", "--yes"]);
  expect([foreign.code, foreign.stdout]).toEqual([0, expect.stringContaining("is of another store")]);
  expect(await keys()).toEqual([]);
});

test("is refused for an open store, a cluster, and a folder that is none", async () => {
  const engine = await openEngine(`embedded:${path}`);
  expect((await plinth(["recover", path])).stderr).toContain("has this store open");
  await engine.close();
  expect((await plinth(["recover", "fdb:"])).stderr).toContain("names no embedded store");
  expect((await plinth(["recover", join(folder, "nothing")])).code).toBe(1);
  expect((await plinth(["recover", folder])).code).toBe(1);
  expect(readdirSync(folder)).toEqual(["store"]);
});
