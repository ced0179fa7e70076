/** `npm run docs`: tries the examples, then makes the reference from the docstrings, then the site. Any warning fails the build. */
import { spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { mendAnchors } from "./anchors.mjs";
import { followLinks } from "./links.mjs";

const here = import.meta.dirname;
const docs = join(here, "..");
const root = join(docs, "..");
const modules = join(docs, "node_modules");
const serve = process.argv.includes("--serve");

function run(what, args, cwd) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    stdio: serve && what === "site" ? "inherit" : "pipe",
  });
  const said = `${stdout ?? ""}${stderr ?? ""}`;
  process.stdout.write(said);
  const warnings = said
    .split("\n")
    .filter((line) => /\bwarn(?:ing)?\b|\(!\)/i.test(line) && !/0 warnings/.test(line));
  if (status === 0 && warnings.length === 0) return;
  console.error(`The ${what} was not built: exit code ${status}, ${warnings.length} warnings.`);
  process.exit(1);
}

if (!existsSync(join(modules, "vitepress"))) {
  const { status } = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--prefer-offline"], {
    cwd: docs,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}
if (!serve) {
  const jest = join(root, "node_modules/jest/bin/jest.js");
  run("examples", ["--no-warnings", "--experimental-vm-modules", jest, "spec/docs/programs"], root);
}
rmSync(join(docs, "reference"), { recursive: true, force: true });
run("reference", [join(modules, "typedoc/bin/typedoc"), "--options", "typedoc.json"], here);
mendAnchors(join(docs, "reference"));
run("site", [join(modules, "vitepress/bin/vitepress.js"), serve ? "dev" : "build", docs], docs);
if (!serve) {
  const { pages, links, broken } = followLinks(join(root, "dist/docs"));
  for (const link of broken) console.error(`Leads nowhere: ${link}`);
  if (broken.length > 0) process.exit(1);
  console.log(`${pages} pages, ${links} links, each to a page and a heading that are there; no warnings.`);
}
