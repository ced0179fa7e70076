import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import type { LoadedConfig } from "../../../lib/cli/app/plinth-config.js";
import { runCli } from "../../../lib/cli/run.js";

/** A stream that keeps what is written to it. */
export class Kept extends Writable {
  text = "";
  readonly isTTY: boolean;
  readonly columns = 100;

  constructor(isTTY = false) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string | Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

export interface RunOptions {
  readonly config?: LoadedConfig;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  /** Pretends a terminal, at which these answers are typed. */
  readonly terminal?: readonly string[];
  readonly now?: () => number;
  readonly signal?: AbortSignal;
}

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Stdout as JSON lines. */
  json<T = Record<string, unknown>>(): T[];
}

/** Runs a command line in this process, as a shell would. */
export async function plinth(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const terminal = options.terminal !== undefined;
  const stdout = new Kept(terminal);
  const stderr = new Kept(terminal);
  const code = await runCli(argv, {
    stdout,
    stderr,
    stdin: terminal ? answers(options.terminal ?? []) : Readable.from([options.stdin ?? ""]),
    env: options.env ?? {},
    cwd: options.cwd ?? tmpdir(),
    ...(options.now === undefined ? {} : { now: options.now }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.config === undefined ? {} : { config: options.config }),
  });
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    json: <T>() =>
      stdout.text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as T),
  };
}

function answers(lines: readonly string[]) {
  const stream = new PassThrough();
  for (const line of lines) stream.write(`${line}\n`);
  return Object.assign(stream, { isTTY: true });
}

/** A folder for one test, removed behind it. */
export async function inFolder<T>(body: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "plinth-cli-"));
  try {
    return await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
