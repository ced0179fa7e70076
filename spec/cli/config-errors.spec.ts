import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { build, exec, moduleUrl, removeBuild } from "./support/built.js";
import { inFolder } from "./support/run.js";

beforeAll(build);
afterAll(removeBuild);

const head = () => `import { Repo } from "${moduleUrl("repo/index.js")}";
import { Field, PrimaryKey, Schema } from "${moduleUrl("schema/index.js")}";
export class Product {}
PrimaryKey("binary_id")(Product.prototype, "id");
Schema("products")(Product);
const repo = () => new Repo({ url: "embedded:./data", storageId: "app" });
`;

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

describe("what is wrong with a configuration is told with its file and line, and ends with 5", () => {
  const cases: readonly (readonly [string, () => Readonly<Record<string, string>>, RegExp])[] = [
    [
      "a syntax error",
      () => ({ "plinth.config.mjs": "export default {\n  repo: 1,,\n};\n" }),
      /plinth\.config\.mjs:2: Unexpected token/,
    ],
    [
      "one in a file that it imports",
      () => ({ "plinth.config.mjs": 'import "./src/a.mjs";\n', "src/a.mjs": "\n\nlet = ;\n" }),
      /src\/a\.mjs:3: /,
    ],
    [
      "one in CommonJS",
      () => ({ "plinth.config.cjs": "module.exports = {\n\n  repo: 1,,\n};\n" }),
      /plinth\.config\.cjs:3: /,
    ],
    [
      "an import that leads nowhere",
      () => ({ "plinth.config.mjs": '\nimport "./gone.mjs";\n' }),
      /plinth\.config\.mjs:2: Cannot find module/,
    ],
    [
      "a package that is not there",
      () => ({ "plinth.config.mjs": '\n\nimport "pkg-not-there";\n' }),
      /plinth\.config\.mjs:3: Cannot find package/,
    ],
    [
      "a name that is not exported",
      () => ({ "plinth.config.mjs": 'import { nope } from "node:fs";\n' }),
      /plinth\.config\.mjs:1: .*nope/,
    ],
    [
      "an error that it throws",
      () => ({ "plinth.config.mjs": '\nthrow new Error("out of order");\n' }),
      /plinth\.config\.mjs:2: out of order/,
    ],
    [
      "one that a file throws",
      () => ({ "plinth.config.mjs": 'import "./src/a.mjs";\n', "src/a.mjs": "\nnull.x;\n" }),
      /src\/a\.mjs:2: Cannot read/,
    ],
    ["a text that it throws", () => ({ "plinth.config.mjs": 'throw "bad";\n' }), /cannot be loaded: bad/],
    [
      "a promise that fails",
      () => ({ "plinth.config.mjs": '\nexport default Promise.reject(new Error("late"));\n' }),
      /plinth\.config\.mjs:2: late/,
    ],
    [
      "a repo that cannot be made",
      () => ({ "plinth.config.mjs": `${head()}export default { repo: () => new Repo({}) };\n` }),
      /plinth\.config\.mjs:7: new Repo needs/,
    ],
    [
      "migrations that are none",
      () => ({
        "plinth.config.mjs": `${head()}export default { repo: () => new Repo({ url: "memory:", storageId: "a", migrations: [Product] }) };\n`,
      }),
      /plinth\.config\.mjs:7: .*\[\[1, Product\]\]/,
    ],
    [
      "a repo that throws",
      () => ({
        "plinth.config.mjs": 'export default {\n  repo() {\n    throw new Error("no key");\n  },\n};\n',
      }),
      /plinth\.config\.mjs:3: no key/,
    ],
    ["nothing exported", () => ({ "plinth.config.mjs": "export const repo = 1;\n" }), /no default export/],
    ["null", () => ({ "plinth.config.mjs": "export default null;\n" }), /is null, not an object/],
    ["a list", () => ({ "plinth.config.mjs": "export default [];\n" }), /is a list, not an object/],
    ["a function", () => ({ "plinth.config.mjs": "export default () => ({});\n" }), /not an object/],
    [
      "a name that means nothing",
      () => ({ "plinth.config.mjs": `${head()}export default { repo, shemas: [] };\n` }),
      /"shemas".*Did you mean "schemas"/,
    ],
    [
      "schemas that are none",
      () => ({ "plinth.config.mjs": `${head()}export default { repo, schemas: { Product } };\n` }),
      /object in "schemas" is no schema/,
    ],
    [
      "a folder that is none",
      () => ({ "plinth.config.mjs": `${head()}export default { repo, migrationsDir: 7 };\n` }),
      /"migrationsDir".*number/,
    ],
    [
      "both spellings at once",
      () => ({
        "plinth.config.mjs": `${head()}export default { repo, schema: Product, schemas: [Product] };\n`,
      }),
      /mean the same/,
    ],
    [
      "a repo that is a number",
      () => ({ "plinth.config.mjs": "export default { repo: 7 };\n" }),
      /gives number, not a Repo/,
    ],
    [
      "TypeScript that Node does not run",
      () => ({ "plinth.config.ts": "enum A { B }\nexport default A;\n" }),
      /is TypeScript/,
    ],
  ];
  test.each(cases)("%s", (what, files, says) =>
    inFolder(async (folder) => {
      await write(folder, files());
      const { code, stdout, stderr } = await exec("plinth status", folder);
      expect([code, stdout, stderr]).toEqual([5, "", expect.stringMatching(says)]);
      expect(stderr).not.toMatch(/^ {4}at /m);
      // One way leads to both; once is enough.
      if (what !== "a syntax error") return;
      const json = await exec("plinth status --json", folder);
      expect([json.code, JSON.parse(json.stderr)]).toEqual([
        5,
        { error: { code: "cli_config", message: expect.stringMatching(says) } },
      ]);
    }),
  );
});

describe("taken as they are", () => {
  const cases: readonly (readonly [string, () => Readonly<Record<string, string>>])[] = [
    [
      "a promise of a configuration",
      () => ({
        "plinth.config.mjs": `${head()}export default Promise.resolve({ repo, schemas: [Product] });\n`,
      }),
    ],
    [
      "what a compiler made into CommonJS",
      () => ({
        "plinth.config.mjs": "",
        "out/config.cjs":
          'Object.defineProperty(exports, "__esModule", { value: true });\nexports.default = require("./real.cjs");\n',
        "out/real.cjs":
          'module.exports = { repo: async () => (await import("../real.mjs")).default.repo(), schemas: [] };\n',
        "real.mjs": `${head()}export default { repo };\n`,
      }),
    ],
    [
      "the singular",
      () => ({
        "plinth.config.mjs": `${head()}export default { repo, schema: Product, migrationDir: "db" };\n`,
      }),
    ],
  ];
  test.each(cases)("%s", (what, files) =>
    inFolder(async (folder) => {
      await write(folder, files());
      const config = what.includes("CommonJS") ? " --config out/config.cjs" : "";
      // The path of the store is meant from the configuration's folder.
      const store = what.includes("CommonJS") ? "out/data" : "data";
      expect(await exec(`plinth tenants create acme${config}`, folder)).toMatchObject({ code: 0 });
      expect(await readdir(join(folder, dirname(store)))).toContain("data");
      if (!what.includes("singular")) return;
      expect((await exec("plinth explain Product", folder)).stderr).not.toContain("lists no schema");
      expect((await exec("plinth gen migration a", folder)).stdout).toContain("db/0001_a.ts");
    }),
  );
});
