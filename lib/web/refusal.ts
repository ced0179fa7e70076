/** What a browser is told of an error: a status, a code and a sentence, never the insides of the server. */

import {
  ConnectionLimitError,
  InvalidCursorError,
  InvalidParamsError,
  InvalidQueryError,
  InvalidRequestError,
  InvalidValueError,
  PlinthError,
  RequestTooLargeError,
  SubscriptionLimitError,
  SubscriptionOverflowError,
  TenantGoneError,
  UnknownConnectionError,
  UnknownFieldError,
  UnknownQueryError,
} from "../errors.js";
import type { Fault } from "../wire/read/index.js";

/** The errors that a browser causes, or can do something about. */
const statuses: readonly (readonly [new (...args: never[]) => PlinthError, number])[] = [
  [InvalidCursorError, 400],
  [InvalidRequestError, 400],
  [InvalidParamsError, 400],
  [InvalidQueryError, 400],
  [InvalidValueError, 400],
  [UnknownFieldError, 400],
  [UnknownQueryError, 404],
  [UnknownConnectionError, 404],
  [TenantGoneError, 410],
  [RequestTooLargeError, 413],
  [ConnectionLimitError, 429],
  [SubscriptionLimitError, 429],
  [SubscriptionOverflowError, 503],
];

/** What is told of an error; undefined for one that is the server's own affair. */
export function faultOf(error: unknown): Fault | undefined {
  const found = statuses.find(([kind]) => error instanceof kind);
  if (found === undefined) return undefined;
  const { code, message } = error as PlinthError;
  return { code, message, status: found[1] };
}

/** The same, for a stream that has begun: something has to be said. */
export const faultInStream = (error: unknown): Fault =>
  faultOf(error) ?? { code: "internal", message: "The server failed; its log says how.", status: 500 };

export function refusal(
  status: number,
  code: string,
  message: string,
  more: Record<string, string> = {},
): Response {
  const headers = new Headers(more);
  headers.set("cache-control", "no-store");
  return Response.json({ code, message, status }, { status, headers });
}

/** The answer to a request that failed. @throws what is the server's own affair, to the framework around it */
export function answerTo(error: unknown): Response {
  const fault = faultOf(error);
  if (fault === undefined) throw error;
  return refusal(fault.status, fault.code, fault.message, fault.status === 429 ? { "retry-after": "5" } : {});
}
