/** Tells the tests how a call ended: the code of its error, or what became of a watch. */

import { EngineError } from "../../engine/index.js";

/** FoundationDB's code of a rejection; 0 when there is none. */
export async function codeOf(promise: Promise<unknown>): Promise<number> {
  try {
    await promise;
    return 0;
  } catch (error) {
    if (error instanceof EngineError) return error.fdbCode;
    throw error;
  }
}

export function codeThrown(body: () => void): number {
  try {
    body();
    return 0;
  } catch (error) {
    if (error instanceof EngineError) return error.fdbCode;
    throw error;
  }
}

/** "fired", "pending" or the error's code, once the watch had time to fire. */
export async function watchState(promise: Promise<void>, waitMs = 3000): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("pending"), waitMs);
  });
  const settled = promise.then(
    () => "fired",
    (error: unknown) => (error instanceof EngineError ? String(error.fdbCode) : String(error)),
  );
  return Promise.race([settled, late]).finally(() => clearTimeout(timer));
}
