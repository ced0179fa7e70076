import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { HEADER_BYTES } from "../../lib/engine/embedded/journal/segment-header.js";
import { type Engine, openEngine, storeStat, transact, verifyStore } from "../../lib/engine/index.js";
import { plinth } from "../cli/support/run.js";

const folder = mkdtempSync(join(tmpdir(), "plinth-inspect-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const key = (text: string): Buffer => Buffer.from(text);
const write = (engine: Engine, name: string, value: string): Promise<void> =>
  transact(engine, async (tx) => tx.set(key(name), key(value)));
const read = (engine: Engine, name: string): Promise<string | undefined> =>
  transact(engine, async (tx) => {
    const value = await tx.get(key(name));
    return value === undefined ? undefined : String(value);
  });
/** The files of a store as a kill at this moment would leave them. */
async function killed(name: string, commits: number): Promise<string> {
  const from = join(folder, `${name}-alive`);
  const engine = await openEngine(`embedded:${from}`);
  await write(engine, "a", "old");
  await engine.close();
  const open = await openEngine(`embedded:${from}`);
  for (let n = 0; n < commits; n++) await write(open, `k${n}`, String(n));
  await write(open, "a", "new");
  const to = join(folder, name);
  cpSync(from, to, { recursive: true });
  await open.close();
  return to;
}
const images = (path: string): string[] =>
  readdirSync(path)
    .filter((name) => name === "data.mdb" || name.startsWith("journal"))
    .map((name) => `${name} ${readFileSync(join(path, name)).toString("base64")}`);

test("a store is read without being written to, with what its journal has above the file", async () => {
  const path = await killed("readonly", 3);
  const before = images(path);
  const engine = await openEngine(`embedded:${path}?readonly`);
  expect([await read(engine, "a"), await read(engine, "k2"), await read(engine, "k3")]).toEqual([
    "new",
    "2",
    undefined,
  ]);
  await expect(write(engine, "a", "mine")).rejects.toMatchObject({ fdbCode: 2023 });
  expect(await read(engine, "a")).toBe("new");
  await expect(openEngine(`embedded:${path}`)).rejects.toMatchObject({ code: "store_options" });
  await engine.close();
  expect(images(path)).toEqual(before);
  // The next one that writes recovers it as ever.
  const writer = await openEngine(`embedded:${path}`);
  expect(await read(writer, "a")).toBe("new");
  await writer.close();
  await expect(openEngine(`embedded:${join(folder, "none")}?readonly`)).rejects.toMatchObject({
    code: "store_unavailable",
  });
  expect(existsSync(join(folder, "none"))).toBe(false);
});

test("verify reads the journal too: whole, or which damage it has", async () => {
  const path = await killed("verified", 4);
  const whole = await verifyStore(path);
  expect([whole.damaged, whole.journal.problem, whole.journal.lost]).toEqual([[], undefined, 0]);
  expect(whole.journal.groups >= 1).toBe(true);
  expect((await plinth(["verify", path])).stdout).toContain("whole: the next open recovers them");

  const journal = ["journal.0", "journal.1"]
    .map((name) => join(path, name))
    .find((file) => readFileSync(file).some(Boolean))!;
  const bytes = readFileSync(journal);
  // Behind the header: what is random there may spell it too.
  const at = bytes.indexOf("k1", HEADER_BYTES);
  bytes[at] = 0x7a;
  copyFileSync(journal, `${journal}.kept`);
  writeFileSync(journal, bytes);
  const { journal: damaged } = await verifyStore(path);
  expect([damaged.problem, damaged.lost > 0]).toEqual([
    expect.stringContaining("damaged in the middle"),
    true,
  ]);
  const told = await plinth(["verify", path, "--json"]);
  expect([told.code, told.json()]).toEqual([3, [expect.objectContaining({ journal: damaged })]]);
  expect((await plinth(["verify", path])).stdout).toContain(`plinth recover ${path}`);
});

test("stat: sizes of the files, what is free, and how far the oldest reader is behind", async () => {
  const path = join(folder, "stat");
  const engine = await openEngine(`embedded:${path}`);
  await transact(engine, async (tx) => {
    for (let n = 0; n < 90; n++) tx.set(key(`k${n}`), Buffer.alloc(100_000));
  });
  await engine.close();
  const again = await openEngine(`embedded:${path}`);
  const full = (await storeStat(again))!;
  expect(full.bytes).toBe(statSync(join(path, "data.mdb")).size);
  await transact(again, async (tx) => {
    for (let n = 0; n < 90; n++) tx.clear(key(`k${n}`));
  });
  await again.close();
  const run = await plinth(["status", "--store", "--url", `embedded:${path}`, "--storage-id", "s", "--json"]);
  const [{ store }] = run.json<{ store: typeof full }>() as [{ store: typeof full }];
  expect(store.freeBytes > full.freeBytes + 8_000_000).toBe(true);
  expect(store.oldestReader).toBe(0);
  const memory = await openEngine("memory:");
  expect((await storeStat(memory))?.journalBytes).toBe(0);
  await memory.close();
  expect(
    (await plinth(["status", "--store", "--url", `embedded:${path}`, "--storage-id", "s"])).stdout,
  ).toContain("free");
});
