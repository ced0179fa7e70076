// The package's code in few files: a thousand small ones take a second to load, and as many descriptors while they do.
// Each entry of the package stays where it was; what entries share is in parts beside them. Declarations stay as they are.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = join(root, "dist");
const lib = join(dist, "lib");
const { exports, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const files = readdirSync(dist, { recursive: true }).map((name) => join(dist, name));
const imports = /(?:from|import\() ?"(\.[^"]+\.js)"/g;

/** What the package gives out, what it starts, and what samples, benchmarks and readers of a store's bytes reach into it for. */
const entries = new Set([
  ...Object.values(exports).flatMap(({ default: file }) => (file === undefined ? [] : [join(root, file)])),
  ...Object.values(bin).map((file) => join(root, file)),
  join(lib, "testing/conformance/main.js"),
  join(lib, "layer/log-codec.js"),
]);
for (const file of files) {
  if (!file.endsWith(".js") || file.startsWith(lib)) continue;
  for (const [, path] of readFileSync(file, "utf8").matchAll(imports)) {
    const target = join(dirname(file), path);
    if (target.startsWith(lib)) entries.add(target);
  }
}

/** Code that asks for its own place is told that of its source, as long as it is in one of these parts. */
const ownPlace = {
  name: "own-place",
  setup({ onLoad }) {
    onLoad({ filter: /\/dist\/lib\/.*\.js$/ }, ({ path }) => {
      const text = readFileSync(path, "utf8");
      if (!/(?<!createRequire\()import\.meta\.url/.test(text)) return undefined;
      const place = `import.meta.url?.replace(/part-[A-Z0-9]{8}\\.js$/, ${JSON.stringify(relative(lib, path))})`;
      return { contents: text.replace(/(?<!createRequire\()import\.meta\.url/g, place), loader: "js" };
    });
  },
};

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: [...entries],
  outdir: lib,
  outbase: lib,
  chunkNames: "part-[hash]",
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  platform: "node",
  target: "es2022",
  minifyWhitespace: true,
  legalComments: "none",
  write: false,
  logLevel: "warning",
  plugins: [ownPlace],
});

const declared = new Set();
for (const file of files) {
  if (!file.startsWith(lib) || !file.endsWith(".js")) continue;
  for (const [, name] of readFileSync(file, "utf8").matchAll(/\bclass (\w+)/g)) declared.add(name);
}

/** A class that names itself is given another name inside, which would be the one that its instances tell. */
function named(text) {
  let now = text;
  for (const [, outer, inner] of text.matchAll(/\bvar (\w+)=class(?: (_\w+))?(?=[ {])/g)) {
    if (!declared.has(outer)) throw new Error(`${outer} is no class of the package: two have one name.`);
    if (inner !== undefined) now = now.replaceAll(new RegExp(`\\b${inner}\\b`, "g"), outer);
  }
  return now;
}

const written = new Set(outputFiles.map(({ path }) => path));
for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, named(text));
}
const isThere = (file) => existsSync(join(root, "lib", relative(lib, file).replace(/\.d\.ts$/, ".ts")));
for (const file of files) {
  if (!file.startsWith(lib) || !/\.(?:js|d\.ts)$/.test(file)) continue;
  // A declaration whose source is gone is of an earlier build.
  if (file.endsWith(".js") ? !written.has(file) : !isThere(file)) rmSync(file);
}
