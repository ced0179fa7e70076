/** Where the text of an export goes: a file or a stream. */

import { existsSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { UsageError } from "../../errors.js";

/** Where text goes, one piece after the other; a write resolves when there is room for more. */
export interface TextSink {
  write(text: string): Promise<void>;
  /** All is written. */
  finish(): Promise<void>;
  /** Something failed: takes back what can be. */
  abandon(): Promise<void>;
}

/**
 * A new file, which has its name only once it is complete; `-` is the stream.
 *
 * @throws UsageError when the file exists
 */
export async function openSink(path: string, stdout: NodeJS.WritableStream): Promise<TextSink> {
  const nothing = (): Promise<void> => Promise.resolve();
  if (path === "-") return { write: (text) => writeTo(stdout, text), finish: nothing, abandon: nothing };
  if (existsSync(path)) {
    throw new UsageError(
      `${path} exists already and is left as it is; choose another name, or remove it first.`,
    );
  }
  const unfinished = `${path}.part`;
  const file = await open(unfinished, "w");
  return {
    write: async (text) => {
      await file.write(text);
    },
    finish: async () => {
      await file.sync();
      await file.close();
      await rename(unfinished, path);
    },
    abandon: async () => {
      await file.close();
      await rm(unfinished);
    },
  };
}

/** Waits until the stream has passed it on, so that memory stays flat when the reader is slow. */
function writeTo(stream: NodeJS.WritableStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Called back also by a stream that was closed before, which says nothing more by itself.
    stream.write(text, (error) => (error ? reject(error) : resolve()));
  });
}
