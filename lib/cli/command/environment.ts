import type { LoadedConfig } from "./config.js";

/** Where output goes: a stream of Node, on a terminal or not. */
export type CliStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Where answers come from. */
export type CliInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Everything of the process that the command touches, so that it runs in a test as it does in a shell. */
export interface CliEnvironment {
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  readonly stdin: CliInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Milliseconds; default `Date.now`. */
  readonly now?: () => number;
  /** Aborted by Ctrl-C. */
  readonly signal?: AbortSignal;
  /** Takes the place of the configuration file. */
  readonly config?: LoadedConfig;
}
