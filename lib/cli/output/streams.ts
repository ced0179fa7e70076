/** The streams of a process, and the little more of it that an output touches. */

/** Where output goes: a stream of Node, on a terminal or not. */
export type CliStream = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

/** Where answers come from. */
export type CliInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** What of the process an output touches. */
export interface OutputEnvironment {
  readonly stdout: CliStream;
  readonly stderr: CliStream;
  readonly stdin: CliInput;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; default `Date.now`. */
  readonly now?: () => number;
  /** Aborted by Ctrl-C. */
  readonly signal?: AbortSignal;
}
