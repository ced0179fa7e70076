// A folder outside of the project's own packages, with the packed package and the tools of users installed in it.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** Runs a program to its end. */
export function run(command, args, { cwd = root, env = {}, timeout = 300_000 } = {}) {
  return new Promise((done) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      timeout,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let out = "";
    child.stdout.on("data", (text) => (out += text));
    child.stderr.on("data", (text) => (out += text));
    child.on("error", (error) => done({ code: 1, out: String(error) }));
    child.on("close", (code) => done({ code: code ?? 1, out }));
  });
}

/** Packs the built package into a folder; gives the file and the hash of its bytes. */
export async function pack(folder) {
  mkdirSync(folder, { recursive: true });
  const { code, out } = await run("npm", [
    "pack",
    "--silent",
    "--ignore-scripts",
    "--pack-destination",
    folder,
  ]);
  if (code !== 0) throw new Error(`npm pack failed: ${out}`);
  const file = join(folder, out.trim().split("\n").at(-1));
  return { file, hash: createHash("sha256").update(readFileSync(file)).digest("hex") };
}

/** Installs the tarball and the tools, once for each content; the folder lies where no other node_modules is found. */
export async function workbench(tarball, tools) {
  const key = createHash("sha256").update(JSON.stringify(tools)).digest("hex").slice(0, 12);
  const folder = join(tmpdir(), `plinth-package-${key}`);
  const mark = join(folder, "installed");
  if (existsSync(mark) && readFileSync(mark, "utf8") === tarball.hash) return folder;
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "outside", private: true, type: "module" }),
  );
  const packages = Object.entries(tools).map(([name, version]) => `${name}@${version}`);
  const install = [
    "install",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--loglevel=error",
    tarball.file,
    ...packages,
  ];
  const { code, out } = await run("npm", install, { cwd: folder, timeout: 900_000 });
  if (code !== 0) throw new Error(`npm install failed: ${out.slice(0, 2_000)}`);
  writeFileSync(mark, tarball.hash);
  return folder;
}

const folders = [];
process.on("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A project inside of the workbench, removed when the process ends. */
export function project(bench, files) {
  const folder = mkdtempSync(join(bench, "project-"));
  folders.push(folder);
  cpSync(join(root, "spec/package/programs"), join(folder, "src"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}
