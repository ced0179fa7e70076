import { readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { folders, roomSize, house as rooms } from "./house.js";
import { findCircles, importsOf, importsOfAll, readSources } from "./source-graph.js";
import { roomSizes, wrongBeginnings, wrongImports, wrongPlan, wrongRooms } from "./violations.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const lib = readSources(root, "lib");
const house = { folders, rooms, roomSize };

describe("the house", () => {
  test("its plan points downward, and names what is there and needed", () => {
    expect(wrongPlan(lib, house)).toEqual([]);
  });

  test("every import keeps to the plan and goes through a face", () => {
    expect(lib.size).toBeGreaterThan(0);
    expect(wrongImports(lib, house)).toEqual([]);
  });

  test("every relative import names a file that exists", () => {
    const missing = importsOfAll(lib).filter((edge) => edge.to.startsWith("lib/") && !lib.has(edge.to));
    expect(missing).toEqual([]);
  });

  test("files do not import each other in a circle, types included", () => {
    const circles = findCircles(lib);
    const sizes = [...roomSizes(lib)].sort(([, a], [, b]) => b - a);
    process.stdout.write(
      `${lib.size} files, ${circles.length} circles; ${sizes.length} rooms, the largest ` +
        `${sizes[0]![0]} with ${sizes[0]![1]} files\n`,
    );
    expect(circles).toEqual([]);
  });

  test("rooms are small, and faces only open them", () => {
    expect(wrongRooms(lib, house)).toEqual([]);
  });

  test("every file begins with a sentence on what it is for", () => {
    expect(wrongBeginnings(lib)).toEqual([]);
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

describe("what is planted in it is noticed", () => {
  const tree = (files: Record<string, string>) => new Map(Object.entries(files));
  const planted = (files: Record<string, string>) => new Map([...lib, ...Object.entries(files)]);

  test("a circle of types", () => {
    const sources = planted({
      "lib/tuple/planted.ts": 'import type { Item } from "./planted-too.js";',
      "lib/tuple/planted-too.ts": 'import { Pack } from "./planted.js";',
    });
    expect(findCircles(sources)).toEqual([["lib/tuple/planted-too.ts", "lib/tuple/planted.ts"]]);
  });

  test("a circle that goes through faces, and one that a type in place closes", () => {
    const sources = tree({
      "lib/a/one.ts": 'import { two } from "../b/index.js";',
      "lib/a/index.ts": 'export { one } from "./one.js";',
      "lib/b/two.ts": 'import { one } from "../a/index.js";',
      "lib/b/index.ts": 'export { two } from "./two.js";',
      "lib/c.ts": 'export type C = import("./d.js").D;',
      "lib/d.ts": 'import type { C } from "./c.js";',
      "lib/e.ts": 'import { d } from "./d.js";',
    });
    expect(findCircles(sources)).toEqual([
      ["lib/a/index.ts", "lib/a/one.ts", "lib/b/index.ts", "lib/b/two.ts"],
      ["lib/c.ts", "lib/d.ts"],
    ]);
  });

  test("an import upward between rooms of one folder, of a value or of a type", () => {
    const sources = planted({
      "lib/sync/live/planted.ts": 'import type { Tick } from "../hub/index.js";',
      "lib/layer/codec/planted.ts": 'import { insertRecord } from "../records/index.js";',
    });
    expect(wrongImports(sources, house)).toEqual([
      "lib/sync/live/planted.ts imports lib/sync/hub/index.ts: house.ts does not let sync/live import sync/hub",
      "lib/layer/codec/planted.ts imports lib/layer/records/index.ts: house.ts does not let layer/codec import layer/records",
    ]);
  });

  test("an import upward or sideways between folders, past a face, and of the package's own face", () => {
    const sources = planted({
      "lib/tuple/planted.ts": 'import { Repo } from "../repo/index.js";',
      "lib/query/read/planted.ts": 'export type { Changeset } from "../../changeset/index.js";',
      "lib/directory/planted.ts": 'import { pack } from "../tuple/pack.js";',
      "lib/tenant/planted.ts": 'import { Tenant } from "./index.js";\nimport { from } from "../index.js";',
      "lib/cli/planted.ts": 'import { from } from "plinth";',
      "lib/attic/planted.ts": 'import { pack } from "../tuple/index.js";',
    });
    expect(wrongImports(sources, house)).toEqual([
      "lib/tuple/planted.ts imports lib/repo/index.ts: house.ts does not let tuple import repo",
      "lib/query/read/planted.ts imports lib/changeset/index.ts: house.ts does not let query/read import changeset",
      "lib/directory/planted.ts imports lib/tuple/pack.ts past the face of tuple",
      "lib/tenant/planted.ts imports the face of its own room",
      "lib/tenant/planted.ts imports lib/index.ts, which is for users of the package",
      "lib/cli/planted.ts imports the package by its own name",
      "lib/attic/planted.ts stands in a room that house.ts does not name",
    ]);
  });

  test("a 25th file in a room, and a face that does something", () => {
    const files = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`lib/attic/file-${at}.ts`, ""]));
    const [last] = Object.keys(files).slice(-1);
    const { [last!]: _, ...rest } = files;
    expect(wrongRooms(tree(rest), house)).toEqual([]);
    expect(wrongRooms(tree({ ...files, "lib/porch/index.ts": "export const open = true;" }), house)).toEqual([
      "lib/attic holds 25 files; 24 is the most",
      "lib/porch/index.ts does more than re-export",
    ]);
  });

  test("a plan that points upward, names what is not there, or allows what nobody needs", () => {
    const sources = tree({
      "lib/low/a.ts": "",
      "lib/high/ground/b.ts": 'import { a } from "../../low/index.js";',
      "lib/high/roof/c.ts": "",
    });
    const plan = {
      folders: [["low"], ["high"]],
      roomSize,
      rooms: {
        low: ["high/roof"],
        "high/ground": ["low", "high/roof"],
        "high/roof": ["low", "cellar"],
        high: [],
      },
    };
    expect(wrongPlan(sources, plan)).toEqual([
      "low may import high/roof, which is not below it",
      "high/ground may import high/roof, which is not below it",
      "high/roof may import low and does not",
      "high/roof may import cellar, which is no room",
      "high is empty",
    ]);
  });

  test("a file that begins with its imports, with half a sentence, or as another one does", () => {
    const sources = tree({
      "lib/a.ts": '/** Packs tuples: keys keep their order. */\n\nimport { b } from "./b.js";',
      "lib/b.ts": 'import { c } from "./c.js";\n\n/** Packs tuples. */',
      "lib/c.ts": "/** Tuples */",
      "lib/d.ts": "#!/usr/bin/env node\n/**\n * Packs tuples: for the command line.\n */",
      "lib/index.ts": 'export { a } from "./a.js";',
    });
    expect(wrongBeginnings(sources)).toEqual([
      "lib/b.ts does not begin with a sentence on what it is for",
      "lib/c.ts does not begin with a sentence on what it is for",
      "lib/d.ts begins as lib/a.ts does",
    ]);
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
