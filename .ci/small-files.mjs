// The package without what nobody needs of it: white space and comments of code (declarations keep theirs), and files whose
// sources are gone.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const built = join(root, "dist/lib");
const isThere = (name) => existsSync(join(root, "lib", name.replace(/(\.d\.ts|\.js)$/, ".ts")));

for (const name of readdirSync(built, { recursive: true })) {
  if (!/\.(?:js|d\.ts)$/.test(name)) continue;
  const file = join(built, name);
  if (!isThere(name)) rmSync(file);
  else if (name.endsWith(".js")) {
    const options = { format: "esm", target: "es2022", minifyWhitespace: true, legalComments: "none" };
    writeFileSync(file, transformSync(readFileSync(file, "utf8"), options).code);
  }
}
