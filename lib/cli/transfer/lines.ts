import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { addAbortSignal, type Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { ImportError, UsageError } from "../../errors.js";

/** Where text goes, a piece after the other; resolves when there is room for more. */
export interface TextSink {
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

/** A new file; `-` is the stream. Throws `UsageError` when the file exists. */
export async function openSink(path: string, stdout: NodeJS.WritableStream): Promise<TextSink> {
  if (path === "-") return { write: (text) => writeTo(stdout, text), close: () => Promise.resolve() };
  const file = await open(path, "wx").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
    throw new UsageError(
      `${path} exists already and is left as it is; choose another name, or remove it first.`,
    );
  });
  return {
    write: async (text) => {
      await file.write(text);
    },
    close: async () => {
      await file.sync();
      await file.close();
    },
  };
}

/** Waits while the stream's buffer is full, so that memory stays flat behind a slow reader. */
function writeTo(stream: NodeJS.WritableStream, text: string): Promise<void> {
  if (stream.write(text)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const done = (): void => {
      stream.removeListener("error", failed);
      resolve();
    };
    const failed = (error: Error): void => {
      stream.removeListener("drain", done);
      reject(error);
    };
    stream.once("drain", done);
    stream.once("error", failed);
  });
}

/**
 * The lines of a file; `-` is the stream. Reading waits for whoever takes the lines. Only a line feed ends a line:
 * readline would also split at U+2028, which JSON leaves as it is inside strings.
 */
export async function* readLines(
  path: string,
  stdin: NodeJS.ReadableStream,
  signal: AbortSignal,
): AsyncGenerator<string, void, undefined> {
  const input = path === "-" ? (stdin as Readable) : createReadStream(path);
  // Also ends the wait for a line that nobody types.
  addAbortSignal(signal, input);
  const decoder = new StringDecoder("utf8");
  const parts: string[] = [];
  try {
    for await (const chunk of input as AsyncIterable<string | Buffer>) {
      const lines = (typeof chunk === "string" ? chunk : decoder.write(chunk)).split("\n");
      for (const line of lines.slice(0, -1)) {
        parts.push(line);
        yield parts.join("");
        parts.length = 0;
      }
      parts.push(lines.at(-1) as string);
    }
  } catch (error) {
    if (!(error instanceof Error) || typeof (error as NodeJS.ErrnoException).syscall !== "string")
      throw error;
    throw new ImportError(`${path} cannot be read: ${error.message}`, { cause: error });
  }
  parts.push(decoder.end());
  const last = parts.join("");
  if (last !== "") yield last;
}
