/** Notices when nobody reads an output any more, or it cannot be written, without stopping what is under way. */

import type { OutputEnvironment } from "./streams.js";

/** A stream whose reader is gone: `plinth migrate | head -1`. */
const gone: ReadonlySet<unknown> = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "ECONNRESET"]);

export class Readers {
  readonly #closed = new AbortController();
  readonly #forget: () => void;
  /** What went wrong with stdout otherwise, for example a full disk. */
  failure: Error | undefined;

  constructor({ stdout, stderr }: Pick<OutputEnvironment, "stdout" | "stderr">) {
    const onStdout = (error: NodeJS.ErrnoException): void => {
      if (!gone.has(error.code)) this.failure ??= error;
      this.#closed.abort();
    };
    // Notes and progress are a courtesy: without a reader they are dropped.
    const onStderr = (): void => undefined;
    stdout.on("error", onStdout);
    stderr.on("error", onStderr);
    this.#forget = () => {
      stdout.removeListener("error", onStdout);
      stderr.removeListener("error", onStderr);
    };
  }

  /** Aborted when nobody reads stdout any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Resolves when all that was written has gone where it goes, or cannot. */
  async flushed({ stdout, stderr }: Pick<OutputEnvironment, "stdout" | "stderr">): Promise<void> {
    // Those of the process; another stream's reader may well come when all is over.
    await Promise.all([stdout, stderr].filter((stream) => "fd" in stream).map(written));
    this.#forget();
  }
}

/** A stream tells that it has written something by calling back, and whatever came before it has gone by then. */
function written(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.once("close", resolve);
    stream.write("", () => resolve());
  });
}
