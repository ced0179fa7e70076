import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { frameworks } from "../../lib/cli/new/frameworks.js";
import { runCli } from "../../lib/cli/run.js";
import { inFolder, Kept, plinth } from "./support/run.js";

const root = join(import.meta.dirname, "../..");
const variants = Object.keys(frameworks);

describe("new", () => {
  test.each(variants)("--framework %s writes what it lists, and what goes on from there", (framework) =>
    inFolder(async (cwd) => {
      const ran = await plinth(["new", "my-app", "--framework", framework, "--json"], { cwd });
      expect([ran.code, ran.stderr]).toEqual([0, ""]);
      const [result] = ran.json<{ files: string[] }>();
      expect(result).toMatchObject({ name: "my-app", folder: "my-app", framework });
      const entries = await readdir(join(cwd, "my-app"), { recursive: true, withFileTypes: true });
      expect(entries.filter((entry) => entry.isFile())).toHaveLength(result!.files.length);
      expect(result!.files).toEqual(
        expect.arrayContaining(["migrations/0001_notes.ts", "plinth.config.ts", "test/notes.test.ts"]),
      );
      const manifest = JSON.parse(await readFile(join(cwd, "my-app/package.json"), "utf8"));
      expect(Object.keys(manifest.scripts)).toEqual(["start", "dev", "test", "check", "plinth"]);
      expect(await readFile(join(cwd, "my-app/src/store.ts"), "utf8")).toContain('storageId: "my-app"');
    }),
  );

  test("without a terminal and a flag it is a project without a framework, and says how to go on", () =>
    inFolder(async (cwd) => {
      const { code, stdout } = await plinth(["new", "quiet", "--dir", "apps/one"], { cwd });
      expect(code).toBe(0);
      expect(stdout).toContain("cd apps/one && npm install && npm test && npm start");
      expect(await readdir(join(cwd, "apps/one/src"))).toEqual(["main.ts", "note.ts", "store.ts"]);
    }));

  test.each<[string, string[], string]>([
    ["a name with capitals", ["MyApp"], "lower-case letters"],
    ["a path for a name", ["../up"], "lower-case letters"],
    ["a name that begins with a dot", [".hidden"], "lower-case letters"],
    ["an empty name", [""], "lower-case letters"],
    ["a name that is taken", ["node_modules"], "has taken"],
    ["the name of the package itself", ["plinth"], "has taken"],
    ["a name that is too long", ["x".repeat(101)], "longer than 100"],
    ["a framework that there is not", ["my-app", "--framework", "honno"], 'Did you mean "hono"'],
    ["a framework of every object's", ["my-app", "--framework", "constructor"], "is no framework"],
    ["no name, where nobody can be asked", [], "nobody can be asked"],
  ])("refuses %s, and writes nothing", (_what, args, message) =>
    inFolder(async (cwd) => {
      const { code, stderr } = await plinth(["new", ...args], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
      expect(await readdir(cwd)).toEqual([]);
    }),
  );

  test("refuses a folder that holds something, and a file in its place; what git has there is no obstacle", () =>
    inFolder(async (cwd) => {
      await mkdir(join(cwd, "full/.git"), { recursive: true });
      await writeFile(join(cwd, "full/notes.txt"), "mine");
      await writeFile(join(cwd, "file"), "mine");
      for (const name of ["full", "file"]) {
        const { code, stderr } = await plinth(["new", name, "--json"], { cwd });
        expect([code, JSON.parse(stderr)]).toMatchObject([1, { error: { code: "cli_folder_not_empty" } }]);
      }
      expect(await readdir(join(cwd, "full"))).toEqual([".git", "notes.txt"]);
      expect(await readFile(join(cwd, "file"), "utf8")).toBe("mine");
      await rm(join(cwd, "full/notes.txt"));
      expect((await plinth(["new", "full"], { cwd })).code).toBe(0);
    }));
});

describe("new on a terminal", () => {
  /** Types keys one after the other, each when the question that it answers is shown. */
  async function typed(cwd: string, argv: readonly string[], keys: readonly (readonly [string, string])[]) {
    const [stdout, stderr] = [new Kept(true), new Kept(true)];
    const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => stdin });
    const done = runCli(argv, { stdout, stderr, stdin, env: {}, cwd });
    for (const [question, answer] of keys) {
      while (!stderr.text.includes(question)) await new Promise(setImmediate);
      for (const key of answer.split(/(?=\r)/)) stdin.write(key);
    }
    return { code: await done, stdout: stdout.text, stderr: stderr.text };
  }

  test("asks for the name and the framework", () =>
    inFolder(async (cwd) => {
      const { code, stdout } = await typed(
        cwd,
        ["new"],
        [
          ["What is the project called?", "asked\r"],
          ["On which framework?", "\x1b[B\r"],
        ],
      );
      expect([code, stdout]).toEqual([0, expect.stringContaining("into asked")]);
      expect(await readFile(join(cwd, "asked/package.json"), "utf8")).toContain('"hono"');
    }));

  test("writes nothing when the question is left", () =>
    inFolder(async (cwd) => {
      const { code, stderr } = await typed(cwd, ["new", "left"], [["On which framework?", "\x03"]]);
      expect([code, stderr]).toEqual([4, expect.stringContaining("Nothing was written")]);
      expect(await readdir(cwd)).toEqual([]);
    }));
});

describe("what new has written", () => {
  // Inside of the repository, where the packages of the frameworks are found.
  const folder = join(root, "dist/.new");
  beforeAll(async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    for (const framework of variants) {
      expect((await plinth(["new", framework, "--framework", framework], { cwd: folder })).code).toBe(0);
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("type-checks against the package, for every framework", async () => {
    const { compilerOptions } = JSON.parse(await readFile(join(folder, "none/tsconfig.json"), "utf8"));
    const paths = {
      plinth: [join(root, "lib/index.ts")],
      "plinth/*": [join(root, "lib/*/index.ts")],
    };
    const lib = ["es2023", "esnext.disposable", "esnext.collection"];
    await writeFile(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: { ...compilerOptions, lib, paths },
        include: variants.map((name) => `${name}/**/*.ts`),
      }),
    );
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    let report = "";
    try {
      execFileSync(process.execPath, [tsc, "-p", folder, "--pretty", "false"], {
        cwd: root,
        encoding: "utf8",
      });
    } catch (error) {
      report = String((error as { stdout?: string }).stdout);
    }
    expect(report).toBe("");
  });

  test("opens its store, migrated, and answers requests", async () => {
    const { openStore } = await import(join(folder, "hono/src/store.ts"));
    const { createApp } = await import(join(folder, "hono/src/app.ts"));
    const store = await openStore("memory:");
    try {
      const app = createApp(store);
      const post = (body: object) => app.request("/notes", { method: "POST", body: JSON.stringify(body) });
      expect((await post({ text: "Water the plants" })).status).toBe(201);
      expect(await (await post({ text: "" })).json()).toEqual({ errors: { text: [expect.any(String)] } });
      expect(await (await app.request("/notes")).json()).toMatchObject([
        { text: "Water the plants", done: false },
      ]);
    } finally {
      await store.close();
    }
  });
});
