/** The input of an import as a file that can be read twice: once to check it, once to write what it holds. */

import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ImportError } from "../../errors.js";
import { readLines } from "./read-lines.js";

export interface InputFile {
  /** The lines from the beginning. */
  lines(signal: AbortSignal): AsyncGenerator<string, void, undefined>;
  /** Removes what was kept beside. */
  close(): Promise<void>;
}

/** A record has 10 MB at most, and JSON makes six characters of some bytes. */
const MAX_LINE = 100_000_000;

/**
 * A file is read where it is. A stream (`-`, or a path that is no plain file) can be read once, so it is kept in a
 * temporary file meanwhile.
 *
 * @throws ImportError for what cannot be read, and for files that are compressed or in another encoding than UTF-8
 */
export async function openInput(
  path: string,
  stdin: NodeJS.ReadableStream,
  signal: AbortSignal,
): Promise<InputFile> {
  const plain = path !== "-" && (await readable(path)).isFile();
  const kept = plain ? undefined : await keep(path, stdin, signal);
  const file = kept?.file ?? path;
  const close = async (): Promise<void> => {
    if (kept !== undefined) await rm(kept.folder, { recursive: true, force: true });
  };
  try {
    await refuseOtherEncodings(file);
  } catch (error) {
    await close();
    throw error;
  }
  return { lines: (signal) => readLines(file, stdin, signal, MAX_LINE), close };
}

function readable(path: string) {
  return stat(path).catch((error: Error) => {
    throw new ImportError(`${path} cannot be read: ${error.message}`, { cause: error });
  });
}

async function keep(path: string, stdin: NodeJS.ReadableStream, signal: AbortSignal) {
  const folder = await mkdtemp(join(tmpdir(), "plinth-import-"));
  const file = join(folder, "input.jsonl");
  try {
    const input = path === "-" ? (stdin as Readable) : (await open(path)).createReadStream();
    await pipeline(input, createWriteStream(file, { mode: 0o600 }), { signal });
    return { folder, file };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    if (signal.aborted || typeof (error as NodeJS.ErrnoException).syscall !== "string") throw error;
    const { message } = error as Error;
    throw new ImportError(`${path} cannot be read, or not be kept in ${folder}: ${message}`, {
      cause: error,
    });
  }
}

const compressed: readonly (readonly [string, string])[] = [
  ["1f8b", "gunzip -c FILE | plinth import …"],
  ["28b52ffd", "zstdcat FILE | plinth import …"],
  ["504b0304", "unzip -p FILE | plinth import …"],
  ["425a68", "bunzip2 -c FILE | plinth import …"],
  ["fd377a58", "xzcat FILE | plinth import …"],
];

async function refuseOtherEncodings(file: string): Promise<void> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.subarray(0, bytesRead).toString("hex");
    const packed = compressed.find(([magic]) => start.startsWith(magic));
    if (packed !== undefined) throw new ImportError(`The file is compressed; unpack it first: ${packed[1]}`);
    if (start.startsWith("fffe") || start.startsWith("feff") || /^7b00|^007b/.test(start)) {
      throw new ImportError(
        "The file is UTF-16 and not UTF-8, as some shells write what is redirected into a file; " +
          "write it with: plinth export TENANT -o FILE",
      );
    }
  } finally {
    await handle.close();
  }
}
