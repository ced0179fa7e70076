/** Remembers where in the application a call in a transaction was made, for the error of one that is not awaited. */

import { framesOf, placeOf } from "./own-frames.js";

/** Frames of the stack that are kept: the method of the Repo, what it may be called through, and the application's. */
const FRAMES = 3;

export class CallSite {
  declare readonly stack: string;

  /** @param below the function above which the stack begins */
  constructor(
    readonly operation: string,
    below: (...args: never[]) => unknown,
  ) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = FRAMES;
    // Costs no text until somebody looks at it.
    Error.captureStackTrace(this, below);
    Error.stackTraceLimit = limit;
  }

  /** The line of the application, as `file:line:column`; undefined when only Plinth's own are known. */
  get line(): string | undefined {
    for (const frame of framesOf(this.stack)) {
      const place = placeOf(frame);
      if (place !== undefined) return place;
    }
    return undefined;
  }
}
