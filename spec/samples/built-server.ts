import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const main = `${root}dist/samples/catalog/main.js`;

/** Compiles the package and its sample, so that the server that runs is the one in the sources. */
export function build(): void {
  // Several specs at once would write files that the servers of the others are reading.
  if (process.env.PLINTH_BUILT !== undefined) return;
  const { stdout } = spawnSync(
    process.execPath,
    [`${root}node_modules/typescript/bin/tsc`, "-p", ".ci/tsconfig.build.json"],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  if (!existsSync(main)) throw new Error(`The sample was not built: ${stdout}`);
}

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
