// Declarations that no entry of the package leads to tell nobody anything, and are left out of it.
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = Object.values(exports).flatMap((entry) =>
  entry.types === undefined ? [] : [join(root, entry.types)],
);

const reached = new Set();
function reach(file) {
  if (reached.has(file)) return;
  reached.add(file);
  for (const [, path] of readFileSync(file, "utf8").matchAll(/(?:from|import\() ?"(\.[^"]+)\.js"/g))
    reach(join(dirname(file), `${path}.d.ts`));
}
for (const entry of entries) reach(entry);

const lib = join(root, "dist/lib");
for (const name of readdirSync(lib, { recursive: true })) {
  const file = join(lib, name);
  if (name.endsWith(".d.ts") && !reached.has(file)) rmSync(file);
}
