import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { build } from "esbuild";

const root = join(import.meta.dirname, "../..");
const most = 4_096;

test("the client is at most 4 kB, minified and compressed, and the README says how much", async () => {
  const { outputFiles } = await build({
    stdin: { contents: 'export { connect } from "./lib/client/index.js";', resolveDir: root },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  const size = gzipSync(outputFiles[0]!.contents, { level: 9 }).length;
  expect(size).toBeLessThanOrEqual(most);
  const [, said] = /the client is ([\d.]+) kB/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  expect(Number(said)).toBe(Math.ceil(size / 102.4) / 10);
});
