import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";

const root = join(import.meta.dirname, "../..");
const folder = join(root, "dist/.browser");
const tsc = join(root, "node_modules/typescript/bin/tsc");

function compile(...args: string[]): string {
  try {
    execFileSync(process.execPath, [tsc, ...args], { cwd: folder, encoding: "utf8" });
    return "";
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

beforeAll(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const compilerOptions = {
    noEmit: false,
    emitDeclarationOnly: true,
    declaration: true,
    declarationMap: false,
    stripInternal: true,
    rootDir: join(root, "lib"),
    outDir: join(folder, "lib"),
  };
  writeFileSync(
    join(folder, "emit.json"),
    JSON.stringify({
      extends: "../../tsconfig.json",
      compilerOptions,
      include: [],
      files: ["../../lib/client/index.ts"],
    }),
  );
  expect(compile("-p", "emit.json")).toBe("");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = `
import { connect, type Plain } from "./lib/client/index.js";
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const same = <_T extends true>() => {};

const any = connect("/live");
any.on("transition", (t) => {
  // @ts-expect-error a transition has no such property
  t.nonsense;
});
any.close();

class Money { constructor(readonly cents: bigint) {} toJSON(): string { return ""; } }
class Row {
  declare id: string; declare at: Date | null; declare size: bigint; declare data: Uint8Array; declare price: Money;
  declare tags: readonly string[]; declare parent: Row | null;
  double(): number { return 1; }
}
type RowData = Plain<Row>;
same<Equal<RowData["price"], string>>();
same<Equal<RowData["at"], Date | null>>();
same<Equal<RowData["data"], Uint8Array>>();
same<Equal<RowData["tags"], readonly string[]>>();
// @ts-expect-error methods stay on the server
(null! as RowData).double;
export const nothing = (row: RowData): string | undefined => row.parent?.parent?.id;
`;

test("a browser project needs no types of Node and none of the server", () => {
  writeFileSync(join(folder, "page.ts"), page);
  const compilerOptions = {
    target: "es2022",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["es2022", "dom", "dom.iterable"],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["page.ts"] }));
  expect(compile("-p", "tsconfig.json")).toBe("");
});

test("and its declarations are those of the client and of what it reads", () => {
  expect(readdirSync(join(folder, "lib")).sort()).toEqual(["client", "wire"]);
  for (const name of readdirSync(join(folder, "lib"), { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".d.ts")) continue;
    expect(readFileSync(join(folder, "lib", name), "utf8")).not.toMatch(
      /\bany\b(?! )|NodeJS|node:|\bBuffer\b/,
    );
  }
});
