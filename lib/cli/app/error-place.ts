/** Finds the file and line of the application at which an error arose, for one who has only its message. */

import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A child that only looks for a syntax error needs no longer. */
const CHILD_MS = 20_000;

const firstLine = /^((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^\n]*?):(\d+)$/m;
const frame = /\(?((?:file:\/\/)?(?:\/|[A-Za-z]:[\\/])[^\s()]*?):(\d+):\d+\)?$/;

/**
 * `src/product.ts:12`, or undefined when nothing tells.
 *
 * @param loaded the file that was being loaded
 */
export function placeOfError(error: unknown, loaded: string, cwd: string): string | undefined {
  const {
    stack = "",
    message = "",
    code,
  } = (error ?? {}) as { stack?: string; message?: string; code?: unknown };
  const found =
    headOf(stack) ??
    (code === "ERR_MODULE_NOT_FOUND" ? importOf(message) : frameOf(stack)) ??
    (error instanceof SyntaxError ? headOf(importAside(loaded)) : undefined);
  if (found === undefined) return undefined;
  const path = found.file.startsWith("file:") ? fileURLToPath(found.file) : found.file;
  return `${relative(cwd, path) || path}:${found.line}`;
}

interface Place {
  readonly file: string;
  readonly line: string;
}

/** Node writes the place of some errors above their message. */
function headOf(text: string): Place | undefined {
  const [, file, line] = firstLine.exec(text.split(/^\s+at /m)[0] ?? "") ?? [];
  return file === undefined || line === undefined ? undefined : { file, line };
}

function frameOf(stack: string): Place | undefined {
  for (const text of stack.split("\n")) {
    if (!/^\s+at /.test(text) || text.includes("node:") || text.includes("/node_modules/")) continue;
    const [, file, line] = frame.exec(text) ?? [];
    // Plinth's own files are where it was noticed, not where it is wrong.
    if (file === undefined || line === undefined || isOwn(file)) continue;
    return { file, line };
  }
  return undefined;
}

const own = new URL("../../", import.meta.url).href;
const isOwn = (file: string): boolean =>
  (file.startsWith("file:") ? file : pathToFileURL(file).href).startsWith(own);

/** The line of an import that leads nowhere. */
function importOf(message: string): Place | undefined {
  const [, missing, file] =
    /^Cannot find (?:module|package) '([^']+)' imported from (\S+)$/m.exec(message) ?? [];
  if (missing === undefined || file === undefined || !existsSync(file)) return undefined;
  const name = missing.split(/[\\/]/).at(-1) as string;
  const at = readFileSync(file, "utf8")
    .split("\n")
    .findIndex((line) => line.includes(name));
  return { file, line: String(Math.max(0, at) + 1) };
}

/**
 * What Node says about a module that cannot be parsed; in this process it keeps the place to itself. Nothing is run: one
 * module that cannot be parsed keeps all of them from it.
 */
function importAside(file: string): string {
  const program = `await import(${JSON.stringify(pathToFileURL(file).href)})`;
  const args = [...process.execArgv, "--input-type=module", "--eval", program];
  const { stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: CHILD_MS });
  return stderr ?? "";
}
