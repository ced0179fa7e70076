// The package as users have it: packed, installed outside of the project, compiled by each TypeScript and run by each
// runner that the documentation names. Prints one table; any line that fails fails the whole.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manifest, pack, project, run, workbench } from "./outside.mjs";

const COMPILERS = { 5.4: "5.4.5", 5.7: "5.7.3", 5.9: "5.9.3", "6.0": "6.0.3", "7.0": "7.0.2" };
const TOOLS = {
  ...Object.fromEntries(
    Object.entries(COMPILERS).map(([name, version]) => [
      `ts-${name.replace(".", "-")}`,
      `npm:typescript@${version}`,
    ]),
  ),
  typescript: "5.9.3",
  "@types/node": "20",
  "class-validator": "0.15",
  tsx: "4",
  esbuild: "0.28",
  "@swc/core": "1",
  "@swc/jest": "0.2",
  vite: "7",
  vitest: "4",
  jest: "30",
};
/** Unpacked; what is larger makes every install and image slower. */
const MAX_BYTES = 3_000_000;
const EXPECTED = "SHOP insert 12.50, Ada, 12.50, name";

const rows = [];
const started = Date.now();

async function row(what, how, check) {
  const begun = Date.now();
  let problem;
  try {
    problem = await check();
  } catch (error) {
    problem = error.message;
  }
  rows.push({
    what,
    how,
    ok: problem === undefined,
    seconds: ((Date.now() - begun) / 1000).toFixed(1),
    problem,
  });
  console.log(
    `${problem === undefined ? "ok  " : "FAIL"}  ${what.padEnd(16)} ${how.padEnd(44)} ${rows.at(-1).seconds.padStart(6)} s`,
  );
  if (problem !== undefined) console.log(`      ${problem.trim().split("\n").slice(0, 6).join("\n      ")}`);
}

const swc = {
  jsc: {
    parser: { syntax: "typescript", decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
    target: "es2022",
  },
};
const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true };
const ended = ({ code, out }) => (code === 0 ? undefined : out || `exit code ${code}`);
const ran = ({ code, out }) =>
  code === 0 && out.includes(EXPECTED) ? undefined : out || `exit code ${code}`;

const folder = mkdtempSync(join(tmpdir(), "plinth-pack-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const tarball = await pack(join(folder, "one"));

await row("npm pack", "twice gives the same bytes", async () => {
  const again = await pack(join(folder, "two"));
  return again.hash === tarball.hash ? undefined : "the two tarballs differ";
});
await row("npm pack", `unpacked at most ${MAX_BYTES / 1e6} MB, no maps`, async () => {
  const { out } = await run("tar", ["-tvzf", tarball.file]);
  const files = out
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/));
  const bytes = files.reduce((sum, parts) => sum + Number(parts[2]), 0);
  if (files.some((parts) => parts.at(-1).endsWith(".map")))
    return "maps without the sources that they point to";
  return bytes <= MAX_BYTES ? undefined : `${bytes} bytes`;
});

const bench = await workbench(tarball, TOOLS);
const bin = (name) => join(bench, "node_modules", name);
const node = (args, cwd, env) => run(process.execPath, args, { cwd, env });

const served = Object.keys(manifest.exports).filter((entry) => !entry.endsWith(".json"));
const names = served.map((entry) => entry.replace(/^\./, "plinth"));
const forBrowsers = (name) => /client|react|tanstack/.test(name);
const entries = `${names.map((name, at) => `import * as m${at} from ${JSON.stringify(name)};`).join("\n")}
export const entries: readonly object[] = [${names.map((_, at) => `m${at}`).join(", ")}];
`;

for (const [name] of Object.entries(COMPILERS)) {
  const tsc = bin(`ts-${name.replace(".", "-")}/bin/tsc`);
  for (const [resolution, options] of [
    ["nodenext", { module: "nodenext" }],
    [
      "bundler",
      { module: "esnext", moduleResolution: "bundler", verbatimModuleSyntax: true, isolatedModules: true },
    ],
  ]) {
    await row(`TypeScript ${name}`, `${resolution}, strict, skipLibCheck off`, async () => {
      const compilerOptions = {
        target: "es2022",
        strict: true,
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        skipLibCheck: false,
        declaration: true,
        noEmit: true,
        types: ["node"],
        ...decorators,
        ...options,
      };
      const cwd = project(bench, {
        "src/entries.ts": entries,
        "tsconfig.json": { compilerOptions, include: ["src"], exclude: ["src/browser.ts"] },
      });
      return ended(await node([tsc, "-p", ".", "--pretty", "false"], cwd));
    });
  }
}
await row("TypeScript 7.0", "browser: lib dom, no @types/node", async () => {
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2022", "dom", "dom.iterable"],
    types: [],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  };
  const cwd = project(bench, { "tsconfig.json": { compilerOptions, include: ["src/browser.ts"] } });
  return ended(await node([bin("ts-7-0/bin/tsc"), "-p", ".", "--pretty", "false"], cwd));
});

const tsconfig = {
  compilerOptions: { target: "es2022", module: "nodenext", strict: true, types: ["node"], ...decorators },
};
const plain = { "tsconfig.json": tsconfig };
const suite = `import { expect, test } from "RUNNER";
import { shop } from "./src/shop.js";
test("the shop", async () => { expect(await shop()).toBe(${JSON.stringify(EXPECTED.slice(5))}); }, 60_000);
`;

await row("tsc", "then node", async () => {
  const cwd = project(bench, {
    "tsconfig.json": {
      compilerOptions: { ...tsconfig.compilerOptions, rootDir: "src", outDir: "out" },
      include: ["src/main.ts"],
    },
  });
  const compiled = await node([bin("ts-7-0/bin/tsc"), "-p", "."], cwd);
  return ended(compiled) ?? ran(await node(["out/main.js"], cwd));
});
await row("node", "imports every entry point for servers", async () => {
  const cwd = project(bench, {});
  const code = names
    .filter((name) => !forBrowsers(name))
    .map((name) => `await import(${JSON.stringify(name)});`)
    .join(" ");
  return ended(await node(["--input-type=module", "-e", code], cwd));
});
await row("node", "errors show the program's frames, classes their names", async () => {
  const cwd = project(bench, {
    "main.mjs": `import * as plinth from "plinth";
class Item {}
plinth.PrimaryKey("string")(Item.prototype, "id");
plinth.Field("string")(Item.prototype, "text");
plinth.Schema("items")(Item);
const wrong = Object.entries(plinth).filter(([name, value]) =>
  typeof value === "function" && /^class\\b/.test(value) && value.name !== name);
if (wrong.length > 0) throw new Error("other names: " + wrong.map(([name]) => name));
const repo = new plinth.Repo({ url: "memory:", storageId: "s", migrations: [] });
const tenant = await plinth.Tenant.create(repo, "t");
await repo.insert(Item, { id: "a" }, { tenant });
async function caller() { await repo.insert(Item, { id: "a" }, { tenant }); }
const { stack } = await caller().catch((error) => error);
if (!/caller .*main\\.mjs:\\d+/.test(stack)) throw new Error("the caller is lost: " + stack);
await repo.close();
`,
  });
  return ended(await node(["main.mjs"], cwd));
});
await row("tsx", "src/main.ts", async () =>
  ran(await node(["--import", "tsx", "src/main.ts"], project(bench, plain))),
);
await row("swc", "then node", async () => {
  const cwd = project(bench, {
    "build.mjs": `import { transformFileSync } from "@swc/core"; import { mkdirSync, writeFileSync } from "node:fs";
mkdirSync("out"); for (const name of ["shop", "main"]) writeFileSync(\`out/\${name}.js\`, transformFileSync(\`src/\${name}.ts\`, ${JSON.stringify({ ...swc, swcrc: false })}).code);`,
  });
  return ended(await node(["build.mjs"], cwd)) ?? ran(await node(["out/main.js"], cwd));
});
for (const [format, file] of [
  ["esm", "bundle.mjs"],
  ["cjs", "bundle.cjs"],
]) {
  await row("esbuild", `one ${format} file, lmdb external`, async () => {
    const cwd = project(bench, plain);
    const args = [
      "src/main.ts",
      "--bundle",
      "--platform=node",
      `--format=${format}`,
      "--external:lmdb",
      `--outfile=${file}`,
      "--log-level=error",
    ];
    return ended(await run(bin(".bin/esbuild"), args, { cwd })) ?? ran(await node([file], cwd));
  });
}
await row("vite", "build --ssr, then node", async () => {
  const cwd = project(bench, plain);
  const built = await node(
    [bin("vite/bin/vite.js"), "build", "--ssr", "src/main.ts", "--logLevel", "error"],
    cwd,
  );
  return ended(built) ?? ran(await node(["dist/main.js"], cwd));
});
await row("vitest", "as it comes", async () => {
  const cwd = project(bench, { ...plain, "shop.test.ts": suite.replace("RUNNER", "vitest") });
  return ended(await node([bin("vitest/vitest.mjs"), "run"], cwd));
});
await row("Jest", "CommonJS, plinth transformed", async () => {
  const cwd = project(bench, {
    "package.json": { type: "commonjs" },
    "shop.test.ts": suite.replace("RUNNER", "@jest/globals"),
    "jest.config.json": {
      transform: { "^.+\\.[jt]s$": ["@swc/jest", swc] },
      transformIgnorePatterns: ["/node_modules/(?!(plinth|uuid)/)"],
      moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
    },
  });
  return ended(await node([bin("jest/bin/jest.js"), "--ci"], cwd));
});
await row("Jest", "ES modules", async () => {
  const cwd = project(bench, {
    "package.json": { type: "module" },
    "shop.test.ts": suite.replace("RUNNER", "@jest/globals"),
    "jest.config.json": {
      transform: { "^.+\\.ts$": ["@swc/jest", swc] },
      extensionsToTreatAsEsm: [".ts"],
      moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
    },
  });
  return ended(
    await node([bin("jest/bin/jest.js"), "--ci"], cwd, {
      NODE_OPTIONS: "--experimental-vm-modules --no-warnings",
    }),
  );
});
await row("node:test", "with tsx", async () => {
  const cwd = project(bench, {
    ...plain,
    "shop.test.ts": `import assert from "node:assert/strict";
import { test } from "node:test";
import { shop } from "./src/shop.js";
test("the shop", async () => assert.equal(await shop(), ${JSON.stringify(EXPECTED.slice(5))}));
`,
  });
  return ended(await node(["--import", "tsx", "--test", "shop.test.ts"], cwd));
});

for (const framework of ["none", "hono", "nestjs"]) {
  await row("plinth new", `${framework}: install, test, check`, async () => {
    const cwd = mkdtempSync(join(folder, "new-"));
    const cli = join(bench, "node_modules/plinth/dist/lib/cli/main.js");
    const written = await node([cli, "new", "my-app", "--framework", framework], cwd);
    if (written.code !== 0) return ended(written);
    const app = join(cwd, "my-app");
    const made = JSON.parse(readFileSync(join(app, "package.json"), "utf8"));
    made.dependencies.plinth = `file:${tarball.file}`;
    writeFileSync(join(app, "package.json"), JSON.stringify(made));
    for (const args of [
      ["install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"],
      ["test"],
      ["run", "check"],
      ["run", "plinth", "--", "status", "--create"],
    ]) {
      const problem = ended(await run("npm", args, { cwd: app }));
      if (problem !== undefined) return `npm ${args.join(" ")}: ${problem}`;
    }
  });
}

const failed = rows.filter(({ ok }) => !ok).length;
console.log(
  `${rows.length - failed} passed, ${failed} failed, ${((Date.now() - started) / 1000).toFixed(0)} s`,
);
process.exitCode = failed === 0 ? 0 : 1;
