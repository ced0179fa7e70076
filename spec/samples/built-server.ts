import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build as bundle, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("../..", import.meta.url));
/** Set where the package was built just before, as it is published. */
const isBuilt = process.env.PLINTH_BUILT !== undefined;
// Beside the sources, where node_modules is found.
const output = `${root}.plinth/sample-${process.pid}`;
const main = isBuilt ? `${root}dist/samples/catalog/main.js` : `${output}/main.js`;

/** The package by its own name is the one in the sources. */
const ownName: Plugin = {
  name: "own-name",
  setup({ onResolve }) {
    const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
      exports: Record<string, { default: string }>;
    };
    onResolve({ filter: /^plinth(\/|$)/ }, ({ path }) => {
      const file = exports[`.${path.slice("plinth".length)}`]!.default;
      return { path: root + file.replace("./dist/", "").replace(/\.js$/, ".ts") };
    });
  },
};

/** Bundles the sample with the package, so that the server that runs is the one in the sources. */
export async function build(): Promise<void> {
  if (isBuilt) return;
  await bundle({
    absWorkingDir: root,
    entryPoints: { main: "samples/catalog/main.ts" },
    outdir: output,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    keepNames: true,
    plugins: [ownName],
    logLevel: "error",
  });
}

export const removeBuild = (): void => rmSync(output, { recursive: true, force: true });

/** The sample as a process of its own. */
export interface Server {
  readonly address: string;
  readonly process: ChildProcess;
  /** Everything that it printed. */
  readonly output: () => string;
  /** Sends the signal and resolves with the exit code, or with `null` when the signal itself ended it. */
  stop(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): Promise<number | null>;
}

/** Starts the built sample on a store and a port; port 0 takes a free one. Resolves once it serves. */
export async function startServer(url: string, port = 0): Promise<Server> {
  const child = spawn(process.execPath, ["--no-warnings", main], {
    env: { ...process.env, PLINTH_URL: url, PORT: String(port), NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  let output = "";
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const found = /http:\/\/localhost:\d+/.exec(output);
      if (found) resolve(found[0]);
    };
    child.stdout.on("data", read);
    child.stderr.on("data", read);
    child.once("exit", (code) => reject(new Error(`The sample ended with code ${code}: ${output}`)));
  });
  return {
    address,
    process: child,
    output: () => output,
    async stop(signal) {
      child.kill(signal);
      return (await exited)[0];
    },
  };
}

/** Posts a form as a page of the server itself would. */
export function postForm(
  address: string,
  path: string,
  fields: Record<string, string> = {},
  accept = "text/html",
) {
  return fetch(`${address}${path}`, {
    method: "POST",
    body: new URLSearchParams(fields),
    headers: { Origin: address, Accept: accept },
    redirect: "manual",
  });
}
