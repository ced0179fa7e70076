import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { InvalidChangesetError, PlinthError } from "plinth";

/** What callers can do something about: a code of Plinth's and the status that says so. All else is the service's fault. */
const statuses: Readonly<Record<string, ContentfulStatusCode>> = {
  invalid_cursor: 400,
  invalid_value: 400,
  unknown_field: 400,
  no_results: 404,
  constraint: 409,
  stale_entry: 409,
  tenant_gone: 410,
  transaction_too_large: 413,
  transaction_conflict: 503,
  store_unavailable: 503,
  store_full: 507,
};

/** Answers an error with a status, a code and a sentence; of the service's own faults it says nothing but that. */
export function answerError(c: Context, error: unknown): Response {
  if (error instanceof HTTPException) return error.getResponse();
  if (error instanceof InvalidChangesetError) return refuseFields(c, error.changeset.traverseErrors());
  const code = error instanceof PlinthError ? error.code : "internal";
  const status = statuses[code];
  if (status === undefined) {
    console.error(error);
    return c.json({ code: "internal", message: "The service failed; its log says how." }, 500);
  }
  // What may succeed when it is sent again says when.
  if (status >= 500) c.header("Retry-After", "1");
  return c.json({ code, message: (error as Error).message }, status);
}

/** 422, with the messages of each field. */
export function refuseFields(c: Context, errors: unknown): Response {
  return c.json(
    { code: "invalid_fields", message: "Nothing was written; errors say why, by field.", errors },
    422,
  );
}

/** An end of the request, with a code that programs can tell apart. */
export function refuse(status: ContentfulStatusCode, code: string, message: string): HTTPException {
  return new HTTPException(status, { res: Response.json({ code, message }, { status }) });
}
