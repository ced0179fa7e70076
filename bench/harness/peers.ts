import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = join(process.cwd(), "bench");
const versionIn = (path: string): string | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version : undefined;

/** Installs what `bench/package.json` pins, when it is not there, and gives its versions by name. */
export function installPeers(): Readonly<Record<string, string>> {
  const { dependencies } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const missing = Object.entries(dependencies).filter(
    ([name, version]) => versionIn(join(folder, "node_modules", name, "package.json")) !== version,
  );
  if (missing.length > 0) {
    console.log(`Installing ${missing.map((entry) => entry.join(" ")).join(", ")} in bench/ …`);
    const quiet = ["--no-package-lock", "--no-audit", "--no-fund"];
    execFileSync("npm", ["install", "--prefix", folder, ...quiet], { stdio: "inherit" });
  }
  return dependencies;
}

/** Loads `bench/FILE`, the code of a peer, from beside `bench/node_modules`. */
export async function loadPeer<T>(file: string): Promise<T> {
  return (await import(pathToFileURL(join(folder, file)).href)) as T;
}
