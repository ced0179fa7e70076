import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { violations } from "./layers.js";
import { findCycles, importsOf, importsOfAll, readSources } from "./source-graph.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lib = readSources(root, "lib");

describe("dependencies between the folders of lib/", () => {
  test("point downward only", () => {
    expect(lib.size).toBeGreaterThan(0);
    expect(violations(lib)).toEqual([]);
  });

  test("every relative import names a file that exists", () => {
    const missing = importsOfAll(lib).filter((edge) => edge.to.startsWith("lib/") && !lib.has(edge.to));
    expect(missing).toEqual([]);
  });

  test("modules do not import each other in a circle", () => {
    expect(findCycles(lib)).toEqual([]);
  });

  test("packages that are imported are declared, as a dependency or as a peer", () => {
    const manifest = JSON.parse(readFileSync(`${root}/package.json`, "utf8")) as Record<string, object>;
    const declared = new Set([
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ]);
    const undeclared = importsOfAll(lib)
      .filter(({ to }) => !to.startsWith("lib/") && !isBuiltin(to))
      .filter(({ to }) => !declared.has(packageOf(to)))
      .map(({ from, to }) => `${from} imports ${to}`);
    expect(undeclared).toEqual([]);
  });
});

describe("the checker notices", () => {
  const graph = (files: Record<string, string>) => new Map(Object.entries(files));

  test("an import that points upward, sideways, or at the public face", () => {
    const sources = graph({
      "lib/tuple/pack.ts": 'import { Repo } from "../repo/repo.js";',
      "lib/query/plan.ts": 'export type { Changeset } from "../changeset/changeset.js";',
      "lib/sync/hub.ts": 'import { from } from "../index.js";\nimport { pack } from "../tuple/pack.js";',
      "lib/cli/main.ts": 'import { from } from "plinth";',
      "lib/unplaced/x.ts": 'import { pack } from "../tuple/pack.js";',
    });
    expect(violations(sources)).toEqual([
      "lib/tuple/pack.ts imports lib/repo/repo.ts, which stands above it",
      "lib/query/plan.ts imports lib/changeset/changeset.ts, which stands beside it",
      "lib/sync/hub.ts imports lib/index.ts, which is for users of the package",
      "lib/cli/main.ts imports the package by its own name",
      "lib/unplaced/x.ts stands in a folder that layers.ts does not place",
    ]);
  });

  test("a cycle, but not one of types alone", () => {
    const sources = graph({
      "lib/a.ts": 'import { b } from "./b.js";',
      "lib/b.ts": 'import { c } from "./c.js";',
      "lib/c.ts": 'import { a } from "./a.js";',
      "lib/d.ts": 'import type { E } from "./e.js";',
      "lib/e.ts": 'import { D } from "./d.js";',
    });
    expect(findCycles(sources)).toEqual([["lib/a.ts", "lib/b.ts", "lib/c.ts", "lib/a.ts"]]);
  });

  test("statements over several lines, re-exports, side effects and dynamic imports", () => {
    const source = [
      'import {\n  one,\n  two,\n} from "../tuple/index.js";',
      'export * from "./three.js";',
      'import "reflect-metadata";',
      ' * import { example } from "plinth";',
      '  const four = await import("./four.js");',
    ].join("\n");
    expect(importsOf("lib/engine/x.ts", source).map(({ to }) => to)).toEqual([
      "lib/tuple/index.ts",
      "lib/engine/three.ts",
      "reflect-metadata",
      "lib/engine/four.ts",
    ]);
  });
});

function packageOf(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}
