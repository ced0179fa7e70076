import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { openEngine, transact } from "../../lib/engine/index.js";
import { Repo } from "../../lib/repo/index.js";
import { bundle } from "../engine/support.js";
import { plinth } from "./support/run.js";
import { fill, migrations, schemas } from "./support/shop.js";

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

test("while a server shares the store, the verbs use it through the server; they are refused where it does not", async () => {
  const store = join(folder, "store");
  const url = `embedded:${store}`;
  const [first, second] = migrations;
  const repo = new Repo({ url, storageId: "shop", migrations: [first] });
  await fill(repo, "acme", 3);
  await repo.close();
  const run = (...args: string[]) =>
    plinth([...args, "--json"], {
      config: { repo: () => new Repo({ url, storageId: "shop", migrations: [first, second] }), schemas },
      cwd: folder,
    });
  const program = await bundle(join(import.meta.dirname, "../engine/children/hold.ts"));
  const owner = async (place: string): Promise<() => Promise<void>> => {
    const child = spawn(process.execPath, [program, place], { stdio: ["pipe", "pipe", "inherit"] });
    const closed = once(child, "close");
    const [word] = (await once(child.stdout, "data")) as [Buffer];
    expect(word.toString()).toBe("open\n");
    return async () => {
      child.stdin.end();
      await closed;
    };
  };

  const keeps = await owner(store);
  const refused = await run("status");
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringMatching(/store_locked.*share/s)]);
  await keeps();

  const shares = await owner(`${store}?share`);
  try {
    const done: [string, number][] = [];
    const verb = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(...args);
      if (code !== 0) throw new Error(`${args[0]}: ${stderr}`);
      done.push([args[0]!, code]);
      return stdout;
    };
    expect(await verb("status")).toContain("acme");
    await verb("migrate");
    await verb("check");
    await verb("watch", "--once");
    await verb("export", "acme", "--out", join(folder, "acme.jsonl"));
    expect(readFileSync(join(folder, "acme.jsonl"), "utf8")).toContain("Instant-Tree Seeds");
    const copy = join(folder, "copy");
    await verb("backup", copy);
    expect((await run("verify", copy)).code).toBe(0);
    // The owner has the store all the while; nobody took it over.
    expect((await run("verify", store)).stderr).toContain("store_locked");
    expect(done.length).toBe(6);
  } finally {
    await shares();
  }
}, 60_000);
