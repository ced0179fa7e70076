/** Tells lines of a stack that are Plinth's own, or Node's, from those of the application. */

import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of Plinth's own files, built or not; in a bundle nothing tells them from the application's. */
const own = /\/repo\/transaction\/own-frames\.[jt]s$/.test(import.meta.url ?? "")
  ? dirname(dirname(dirname(fileURLToPath(import.meta.url))))
  : undefined;

/** The file, line and column of a frame of the application; undefined for other frames, and where they cannot be told. */
export function placeOf(frame: string): string | undefined {
  if (own === undefined) return undefined;
  // Node's own are in node:internal/…, which is no path.
  const place = /[( ]((?:file:\/\/)?\/[^()]+:\d+:\d+)\)?$/.exec(frame)?.[1]?.replace("file://", "");
  return place === undefined || place.startsWith(`${own}/`) ? undefined : place;
}

/** The frames of a stack, without the lines of its message. */
export function framesOf(stack: string): readonly string[] {
  return stack.split("\n").filter((line) => /^\s+at /.test(line));
}
