import { type ChildProcess } from "node:child_process";
/** Compiles the package and its sample, so that the server that runs is the one in the sources. */
export declare function build(): void;
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
export declare function startServer(url: string, port?: number): Promise<Server>;
/** Posts a form as a page of the server itself would. */
export declare function postForm(
  address: string,
  path: string,
  fields?: Record<string, string>,
  accept?: string,
): Promise<Response>;
