/** Reads what a request asks for: a format, a cursor, a body within its limit. */

import { InvalidRequestError, RequestTooLargeError } from "../errors.js";
import type { ChangeRequest, OpenRequest } from "../wire/read/index.js";

export const formats = { sse: "text/event-stream", ndjson: "application/x-ndjson" } as const;
export type Format = keyof typeof formats;

/** NDJSON where it is asked for by name, else server-sent events. */
export function formatOf(request: Request): Format | undefined {
  const accept = request.headers.get("accept") ?? "*/*";
  if (accept.includes(formats.ndjson)) return "ndjson";
  return /text\/event-stream|text\/\*|\*\/\*/.test(accept) ? "sse" : undefined;
}

/** A browser that reconnects sends the header by itself; other clients may put the cursor into the address. */
export function cursorOf(request: Request): string | undefined {
  const cursor = request.headers.get("last-event-id") ?? new URL(request.url).searchParams.get("cursor");
  return cursor === null || cursor === "" ? undefined : cursor;
}

/** JSON, and no form of another site: those cannot send this type without being asked about first. */
export const isJson = (request: Request): boolean =>
  /^application\/json\s*(;|$)/i.test(request.headers.get("content-type") ?? "");

/** @throws RequestTooLargeError, InvalidRequestError */
export async function bodyOf(request: Request, limit: number): Promise<OpenRequest | ChangeRequest> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    // Leaving the loop lets go of the rest.
    if (size > limit) {
      throw new RequestTooLargeError(
        `A request has more than ${limit} bytes. Usual cause: parameters that are data; send what names them.`,
      );
    }
    chunks.push(chunk);
  }
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof body === "object" && body !== null && ("open" in body || "connection" in body))
      return body as OpenRequest | ChangeRequest;
  } catch {
    // As good as none.
  }
  throw new InvalidRequestError('A request is JSON: { "open": […] }, or { "connection": "…", … }.');
}
