import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));

let folder: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plinth-alive-"));
  await mkdir(join(folder, "node_modules"));
  for (const name of ["lmdb", "fs-native-extensions"])
    await symlink(join(root, "node_modules", name), join(folder, "node_modules", name));
});

afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Starts a program as its own process; what it prints comes line by line. */
async function start(name: string, program: string) {
  const file = join(folder, `${name}.mjs`);
  await build({
    stdin: { contents: program, resolveDir: root, loader: "ts" },
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    outfile: file,
    logLevel: "error",
    alias: { plinth: join(root, "lib/index.ts") },
    external: ["lmdb", "fs-native-extensions"],
    tsconfigRaw: { compilerOptions: { experimentalDecorators: true } },
  });
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let printed = "";
  child.stdout.on("data", (text) => {
    printed += text;
  });
  child.stderr.on("data", (text) => {
    printed += text;
  });
  const ended = new Promise<number | null>((done) => child.on("close", done));
  return { child, ended, printed: () => printed };
}

test("the README's first program prints what is inserted, and goes on until it is stopped", async () => {
  const [, program] = /^```ts\n([\s\S]*?)^```/m.exec(await readFile(join(root, "README.md"), "utf8"))!;
  const { child, ended, printed } = await start("readme", program!);
  const exited = ended.then((code) => `ended with ${code}: ${printed()}`);
  const seen = async (text: RegExp) => {
    while (!text.test(printed())) await new Promise((done) => setTimeout(done, 20));
    return "seen";
  };
  expect(await Promise.race([seen(/Glo-Grain Cereal v2/), exited])).toBe("seen");
  expect(await Promise.race([seen(/op: 'insert'[\s\S]*Kite[\s\S]*op: 'insert'/), exited])).toBe("seen");
  child.kill("SIGTERM");
  await ended;
});

test("a loop over a subscription is work of its own, and its end ends the process", async () => {
  const { ended, printed } = await start(
    "loop",
    `import { Field, PrimaryKey, Repo, Schema, Sync, Tenant } from "plinth";
     @Schema("products") class Product { @PrimaryKey("id") declare id: number; @Field("string") declare name: string; }
     const repo = new Repo({ url: "memory:", storageId: "x" });
     const tenant = await Tenant.openOrCreate(repo, "a");
     const sync = new Sync(repo);
     const page = await sync.subscribe(tenant, { product: sync.one(Product, 1) });
     setTimeout(async () => { console.log("alive"); await page.close(); await sync.close(); await repo.close(); }, 500).unref();
     for await (const t of page) console.log(t.type);
     console.log("over");`,
  );
  expect(await ended).toBe(0);
  expect(printed().trim().split("\n")).toEqual(["snapshot", "alive", "over"]);
});
