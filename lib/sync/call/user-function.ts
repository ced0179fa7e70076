/** Calls the functions of an application, so that what one of them throws is known as its own, whatever it is. */

import { AsynchronousFunctionError } from "../../errors.js";

/** What a function of the application has thrown. */
export class UserFault extends Error {
  constructor(readonly thrown: unknown) {
    super("A function of the application has thrown.", { cause: thrown });
  }
}

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";

/**
 * The answer of a function that is asked about one row or one id.
 *
 * @param name how messages call it
 * @throws UserFault with what it throws; or with an AsynchronousFunctionError for a promise, which every `if` takes for
 *   a yes
 */
export function callUser<T>(name: string, call: () => T): T {
  let answer: T;
  try {
    answer = call();
    if (!isThenable(answer)) return answer;
  } catch (thrown) {
    throw new UserFault(thrown);
  }
  // Nobody waits for it, so its rejection would end the process.
  Promise.resolve(answer).catch(() => undefined);
  throw new UserFault(
    new AsynchronousFunctionError(
      `${name} has returned a promise, and it is asked at once: usually it was declared async. ` +
        "Return the answer itself, and take what has to be read from a live query or from the row.",
    ),
  );
}
