/**
 * Bundles what `lib/index.ts` reaches into one module for a run of the specs, and one small file for each file of it.
 *
 * Every spec file has modules of its own, and a thousand of them take longer to load than most specs to run.
 * Each file of the bundle stays importable: its small file gives out that file's part of the one module, so a class
 * is the same class by whatever path it was imported.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
const store = join(root, ".plinth");
const prefix = "one-module-";
const DAY_MS = 86_400_000;

const common = {
  absWorkingDir: root,
  format: "esm",
  platform: "node",
  target: "node20",
  write: false,
  metafile: true,
  logLevel: "error",
};

/** The folder that holds the bundle; one that an earlier run made of the same sources is used again. */
export async function oneModule() {
  const files = await reached();
  const [exportsOf, one] = await Promise.all([exportsByFile(files), bundled(files)]);
  const folder = join(store, prefix + createHash("sha256").update(one.code).digest("hex").slice(0, 16));
  if (!existsSync(folder)) write(folder, files, exportsOf, one);
  forgetOld(folder);
  return folder;
}

async function reached() {
  const { metafile } = await build({
    ...common,
    entryPoints: ["lib/index.ts"],
    bundle: true,
    packages: "external",
    outdir: "out",
  });
  return Object.keys(metafile.inputs).sort();
}

async function exportsByFile(files) {
  const { metafile } = await build({ ...common, entryPoints: files, outdir: "out", outbase: "." });
  return new Map(Object.values(metafile.outputs).map((output) => [output.entryPoint, output.exports]));
}

/** Code that asks for its own place is told that of its source. */
const ownPlace = {
  name: "own-place",
  setup({ onLoad }) {
    onLoad({ filter: /\/lib\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      if (!text.includes("import.meta.url")) return undefined;
      const contents = text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: "ts" };
    });
  },
};

async function bundled(files) {
  const { outputFiles } = await build({
    ...common,
    stdin: {
      contents: files.map((file, at) => `export * as f${at} from "./${file}";`).join("\n"),
      resolveDir: root,
    },
    bundle: true,
    packages: "external",
    keepNames: true,
    sourcemap: "linked",
    sourcesContent: false,
    outfile: join(store, `${prefix}0123456789abcdef`, "all.mjs"),
    plugins: [ownPlace],
  });
  const [map, code] = outputFiles.map(({ text }) => text);
  return { map, code };
}

function write(folder, files, exportsOf, { map, code }) {
  const unfinished = `${folder}.${process.pid}`;
  const put = (path, text) => {
    const file = join(unfinished, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  put("all.mjs", code);
  put("all.mjs.map", map);
  files.forEach((file, at) => {
    const names = exportsOf.get(file);
    const up = relative(dirname(file), ".") || ".";
    put(
      file.replace(/\.ts$/, ".mjs"),
      [
        `import { f${at} as part } from "${up}/all.mjs";`,
        ...names.map((name, of) => `const v${of} = part[${JSON.stringify(name)}];`),
        `export { ${names.map((name, of) => `v${of} as ${name}`).join(", ")} };`,
      ].join("\n"),
    );
  });
  try {
    renameSync(unfinished, folder);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    // Another run was quicker.
    if (!existsSync(folder)) throw error;
  }
}

function forgetOld(folder) {
  for (const name of readdirSync(store)) {
    const path = join(store, name);
    if (!name.startsWith(prefix) || path === folder) continue;
    if (Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()) > DAY_MS)
      rmSync(path, { recursive: true, force: true });
  }
}
