/** Reads a file or a stream line by line. */

import { createReadStream } from "node:fs";
import { addAbortSignal, type Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { ImportError } from "../../errors.js";

/**
 * The lines of a file; `-` is the stream. Reading waits for whoever takes the lines. Only a line feed ends a line:
 * readline would also split at U+2028, which JSON leaves as it is inside strings.
 *
 * @param maxLine characters of a line at most
 * @throws ImportError when the file cannot be read, or a line is longer
 */
export async function* readLines(
  path: string,
  stdin: NodeJS.ReadableStream,
  signal: AbortSignal,
  maxLine = Number.POSITIVE_INFINITY,
): AsyncGenerator<string, void, undefined> {
  const input = path === "-" ? (stdin as Readable) : createReadStream(path);
  // Also ends the wait for a line that nobody types.
  addAbortSignal(signal, input);
  const decoder = new StringDecoder("utf8");
  const parts: string[] = [];
  let length = 0;
  let at = 1;
  try {
    for await (const chunk of input as AsyncIterable<string | Buffer>) {
      const lines = (typeof chunk === "string" ? chunk : decoder.write(chunk)).split("\n");
      for (const line of lines.slice(0, -1)) {
        parts.push(line);
        yield parts.join("");
        parts.length = 0;
        length = 0;
        at++;
      }
      const begun = lines.at(-1) as string;
      parts.push(begun);
      length += begun.length;
      if (length > maxLine)
        throw new ImportError(`Line ${at} has more than ${maxLine} characters; no export has.`);
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
