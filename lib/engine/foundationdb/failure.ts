/** Turns errors of the native binding into the port's. */

import { EngineError } from "../port/index.js";

/** FoundationDB's number of an error that the binding threw, if it is one. */
export function codeOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || error instanceof EngineError) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}

/** The port's error for one of the binding; anything else is passed on as it is. */
export function fromNative(error: unknown): unknown {
  const code = codeOf(error);
  return code === undefined ? error : new EngineError(code, undefined, { cause: error });
}
