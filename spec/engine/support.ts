import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

/** A TypeScript program as one file of JavaScript beside the packages it needs; returns its path. */
export async function bundle(entry: string): Promise<string> {
  const folder = join(process.cwd(), "node_modules/.cache/plinth");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${process.pid}-${entry.replaceAll(/[^a-z]+/g, "-")}.mjs`);
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    outfile,
    logLevel: "silent",
  });
  return outfile;
}
