/** Keeps the caller in the stack of an error that comes from deep inside: Node shows ten frames, and all were Plinth's. */

import { framesOf, placeOf } from "./own-frames.js";

/** Adds the application's frames to an error that shows none; called where the failed operation is awaited. */
export function keepCaller<E>(error: E): E {
  if (!(error instanceof Error) || typeof error.stack !== "string") return error;
  if (framesOf(error.stack).some((frame) => placeOf(frame) !== undefined)) return error;
  const here = { stack: "" };
  Error.captureStackTrace(here, keepCaller);
  const callers = framesOf(here.stack).filter((frame) => placeOf(frame) !== undefined);
  if (callers.length > 0) error.stack = [error.stack, ...callers].join("\n");
  return error;
}
