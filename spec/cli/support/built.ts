import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build as bundle } from "esbuild";

const root = fileURLToPath(new URL("../../..", import.meta.url));
// Beside the sources, where node_modules is found; not in dist, which other specs build too.
const output = `${root}.plinth/cli-spec-${process.pid}`;

/** The built command. */
export const main = `${output}/lib/cli/main.js`;

/** A module of the built package, for configurations. */
export const moduleUrl = (path: string): string => new URL(`file://${output}/lib/${path}`).href;

const faces = "changeset migration query repo schema tenant".split(" ").map((name) => `${name}/index`);

/** Bundles the command and the faces that configurations import, which share their modules: it starts in half the time. */
export async function build(): Promise<void> {
  await bundle({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(
      ["cli/main", "index", ...faces].map((name) => [`lib/${name}`, `lib/${name}.ts`]),
    ),
    // Where the files are that ask for their own place.
    chunkNames: "lib/cli/app/[name]-[hash]",
    outdir: output,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    keepNames: true,
    logLevel: "error",
  });
}

/** Compiles file by file, for specs that look at the places of code. */
export function compile(): void {
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  const args = [
    tsc,
    "-p",
    ".ci/tsconfig.build.json",
    "--outDir",
    output,
    "--declaration",
    "false",
    "--declarationMap",
    "false",
  ];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (!existsSync(main)) throw new Error(`The command was not built: ${stdout}`);
}

export const removeBuild = (): void => rmSync(output, { recursive: true, force: true });

/** Starts the built command. */
export function start(args: readonly string[], cwd: string): ChildProcess {
  return spawn(process.execPath, ["--no-warnings", main, ...args], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: "", PLINTH_URL: "" },
  });
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command, or a shell line in which `plinth` stands for it. */
export async function exec(line: string, cwd: string): Promise<Finished> {
  const plinth = `"${process.execPath}" --no-warnings "${main}"`;
  const child = spawn("bash", ["-o", "pipefail", "-c", line.replaceAll("plinth ", `${plinth} `)], {
    cwd,
    env: { ...process.env, NODE_OPTIONS: "", PLINTH_URL: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return finish(child);
}

export async function finish(child: ChildProcess): Promise<Finished> {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
