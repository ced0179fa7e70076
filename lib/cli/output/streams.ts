/** The streams of a process, and the little more of it that an output touches. */

/** Where output goes: a stream of Node, on a terminal or not. */
export type CliStream = NodeJS.WritableStream & {
  /** Whether it is a terminal: colours, tables and questions. Default false. */
  readonly isTTY?: boolean;
  /** Characters of a line. Default 80. */
  readonly columns?: number;
  /** Lines of the terminal. */
  readonly rows?: number;
};

/** Where answers come from. */
export type CliInput = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** What of the process an output touches. */
export interface OutputEnvironment {
  /** Where results go. */
  readonly stdout: CliStream;
  /** Where notes, progress and errors go. */
  readonly stderr: CliStream;
  /** Where answers come from. */
  readonly stdin: CliInput;
  /** Environment variables. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The clock, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Aborted by Ctrl-C. Default: none. */
  readonly signal?: AbortSignal;
}
