import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Engine, openEngine } from "../../lib/engine/index.js";
import { StoreUnavailableError } from "../../lib/errors.js";
import { bundle } from "./support.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plinth-refused-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = async (engine: Engine, key: string): Promise<void> => {
  const tx = engine.begin();
  tx.set(Buffer.from(key), Buffer.from("1"));
  await tx.commit();
};
async function made(): Promise<string> {
  const path = join(folder, "store");
  const engine = await openEngine(`embedded:${path}`);
  await put(engine, "made");
  await engine.close();
  return path;
}
interface Outcome {
  readonly first: unknown;
  readonly second: unknown;
}
async function inChild(task: object, { wrap = [] as string[], env = {} } = {}): Promise<Outcome> {
  const file = await bundle(join(import.meta.dirname, "children/open-refused.ts"));
  const neighbour = mkdtempSync(join(tmpdir(), "plinth-neighbour-"));
  const json = JSON.stringify({ other: `embedded:${neighbour}`, ...task });
  const [command, ...rest] = [...wrap, process.execPath, file, json];
  const child = spawnSync(command!, rest, { env: { ...process.env, ...env } });
  rmSync(neighbour, { recursive: true, force: true });
  expect([child.signal, child.status, child.stderr.toString()]).toEqual([null, 0, ""]);
  return JSON.parse(child.stdout.toString()) as Outcome;
}

describe("a path that cannot be a store is refused by its reason", () => {
  const refused = async (path: string, errno: string): Promise<void> => {
    const failure = await openEngine(`embedded:${path}`).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(StoreUnavailableError);
    expect(failure).toMatchObject({ code: "store_unavailable", errno });
    expect((failure as Error).message).toContain(path);
  };

  test("a file where a folder belongs, at its end or on the way", async () => {
    const path = join(folder, "file");
    writeFileSync(path, "");
    await refused(path, "EEXIST");
    await refused(join(path, "store"), "ENOTDIR");
  });

  test("a folder where a file of the store belongs", async () => {
    const path = await made();
    for (const name of ["data.mdb", "data.mdb-lock", "lock"]) {
      rmSync(join(path, name));
      mkdirSync(join(path, name));
      await refused(path, "EISDIR");
      rmSync(join(path, name), { recursive: true });
      await (await openEngine(`embedded:${path}`)).close();
    }
  });

  test("links that lead in a circle or nowhere", async () => {
    symlinkSync(join(folder, "a"), join(folder, "b"));
    symlinkSync(join(folder, "b"), join(folder, "a"));
    await refused(join(folder, "a"), "ELOOP");
    symlinkSync(join(folder, "nothing", "here"), join(folder, "dangling"));
    await refused(join(folder, "dangling"), "ENOENT");
  });

  test("a name that is too long", async () => {
    await refused(join(folder, "n".repeat(300)), "ENAMETOOLONG");
  });
});

test("without descriptors the open is refused, and works when there are some again", async () => {
  const path = await made();
  const wrap = ["sh", "-c", 'ulimit -n 120; exec "$@"', "sh"];
  for (let descriptors = 0; descriptors < 8; descriptors++) {
    const told = await inChild({ url: `embedded:${path}`, descriptors }, { wrap });
    expect(told).toEqual({ first: { code: "store_unavailable", errno: "EMFILE" }, second: "opened" });
  }
  const told = await inChild({ url: `embedded:${path}`, descriptors: 40 }, { wrap });
  expect(told).toEqual({ first: "opened", second: "opened" });
});

const root = process.getuid?.() === 0;
(root ? describe : describe.skip)("without the right to a file (needs root, to become somebody else)", () => {
  test.each(["data.mdb", "data.mdb-lock", "lock"])("%s belongs to another user", async (name) => {
    const path = await made();
    chmodSync(path, 0o777);
    for (const file of ["data.mdb", "data.mdb-lock", "lock"])
      chmodSync(join(path, file), file === name ? 0o600 : 0o666);
    const refused = { code: "store_unavailable", errno: "EACCES" };
    const told = await inChild({ url: `embedded:${path}`, user: 65_534 });
    expect(told).toEqual({ first: refused, second: refused });
  });

  test("the folder may not be written to, or not be made", async () => {
    const refused = { code: "store_unavailable", errno: "EACCES" };
    const path = join(folder, "closed");
    mkdirSync(path, 0o555);
    for (const url of [`embedded:${path}`, `embedded:${join(path, "store")}`])
      expect(await inChild({ url, user: 65_534 })).toEqual({ first: refused, second: refused });
  });
});

const mounted: string[] = [];
function fileSystem(kilobytes: number): string | undefined {
  const path = mkdtempSync(join(tmpdir(), "plinth-mount-"));
  const made = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", path]).status === 0;
  if (made) mounted.push(path);
  return made ? path : undefined;
}
afterAll(() => {
  for (const path of mounted) {
    spawnSync("umount", ["-l", path]);
    rmSync(path, { recursive: true, force: true });
  }
});
const place = root ? fileSystem(4096) : undefined;
(place === undefined ? describe.skip : describe)("without room (needs the right to mount)", () => {
  const fill = (): string => {
    const file = join(place!, "fill");
    spawnSync("dd", ["if=/dev/zero", `of=${file}`, "bs=4k", "count=4000"]);
    return file;
  };

  test("a new store is refused, and opened when there is room", async () => {
    for (const url of [`embedded:${join(place!, "store")}`]) {
      const told = await inChild({ url, fill: fill() });
      expect(told.first).toMatchObject({ code: "store_full" });
      expect(told.second).toBe("opened");
    }
  });

  test("a few pages of room are none", async () => {
    for (let pages = 1; pages < 12; pages++) {
      rmSync(join(place!, "store"), { recursive: true, force: true });
      const file = fill();
      spawnSync("truncate", ["-s", `-${pages * 4096}`, file]);
      const told = await inChild({ url: `embedded:${join(place!, "store")}`, fill: file });
      expect(told.first === "opened" || (told.first as { code: string }).code === "store_full").toBe(true);
      expect(told.second).toBe("opened");
    }
  });

  test("memory: in a full temporary folder is refused, and leaves nothing there", async () => {
    const told = await inChild({ url: "memory:", fill: fill() }, { env: { TMPDIR: place! } });
    expect(told.first).toMatchObject({ code: "store_full" });
    expect(told.second).toBe("opened");
    expect(existsSync(join(place!, "fill"))).toBe(false);
  });
});
