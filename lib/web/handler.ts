/** Answers a web-standard request with a stream of live queries. */

import { InvalidCursorError } from "../errors.js";
import type { Subscription, Sync } from "../sync/index.js";
import { type Answer, checkWatched, type NothingElse } from "./watched.js";

/** A function from web-standard requests to responses: for Hono, Node (through an adapter), Deno, Bun and workers. */
export type FetchHandler = (request: Request) => Promise<Response>;

const formats = { sse: "text/event-stream", ndjson: "application/x-ndjson" } as const;
type Format = keyof typeof formats;

/** NDJSON where it is asked for by name, else server-sent events. */
function formatOf(request: Request): Format | undefined {
  const accept = request.headers.get("accept") ?? "*/*";
  if (accept.includes(formats.ndjson)) return "ndjson";
  return /text\/event-stream|text\/\*|\*\/\*/.test(accept) ? "sse" : undefined;
}

/** A browser that reconnects sends the header by itself; other clients may put the cursor into the address. */
function cursorOf(request: Request): string | undefined {
  const cursor = request.headers.get("last-event-id") ?? new URL(request.url).searchParams.get("cursor");
  return cursor === null || cursor === "" ? undefined : cursor;
}

function refusal(status: number, code: string, message: string): Response {
  return Response.json({ code, message }, { status, headers: { "cache-control": "no-store" } });
}

/**
 * Streams a subscription for each request, as server-sent events of type `sync` or as NDJSON (by the `Accept`
 * header). A reconnect goes on from its `Last-Event-ID` (or `?cursor=`): its first event holds what was missed.
 *
 * `watch` decides from the request who asks and what may be seen; a `Response` that it returns is sent as it is.
 * A cursor that this store did not issue is answered with 400. The subscription ends with the connection.
 *
 * @example
 * app.get("/live", (c) => live(c.req.raw));
 * const live = syncHandler(sync, async (request) => {
 *   const user = await userOf(request);
 *   if (user === null) return new Response(null, { status: 401 });
 *   return { tenant, queries: { mine: sync.allBy(Order, { userId: user.id }) } };
 * });
 */
export function syncHandler<A extends Answer | Promise<Answer>>(
  sync: Sync,
  watch: (request: Request) => A & NothingElse<A>,
): FetchHandler {
  return async (request) => {
    if (request.method !== "GET") {
      const refused = refusal(405, "method_not_allowed", "Live queries are read with GET.");
      refused.headers.set("allow", "GET");
      return refused;
    }
    const format = formatOf(request);
    if (format === undefined) {
      return refusal(406, "not_acceptable", `Accept ${formats.sse} or ${formats.ndjson}.`);
    }
    const watched: Answer = await (watch as (request: Request) => Answer | Promise<Answer>)(request);
    if (watched instanceof Response) return watched;
    const { tenant, queries, ...rights } = checkWatched(watched);
    const resume = cursorOf(request);
    try {
      const subscription = await sync.subscribe(tenant, queries, {
        ...rights,
        signal: request.signal,
        ...(resume === undefined ? {} : { resume }),
      });
      return streamed(subscription, format);
    } catch (error) {
      if (error instanceof InvalidCursorError) return refusal(400, error.code, error.message);
      throw error;
    }
  };
}

function streamed<Q>(subscription: Subscription<Q>, format: Format): Response {
  const body = endingWith(subscription.stream({ format }), () => subscription.close());
  return new Response(body, {
    headers: {
      "content-type": formats[format],
      "cache-control": "no-store",
      // Proxies that gather a response before they pass it on would hold back every event.
      "x-accel-buffering": "no",
    },
  });
}

/** Calls `end` when the stream ends on either side. */
function endingWith(
  source: ReadableStream<Uint8Array>,
  end: () => Promise<void>,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) {
            controller.enqueue(value);
            return;
          }
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        await end();
      },
      async cancel(reason) {
        await reader.cancel(reason);
        await end();
      },
    },
    { highWaterMark: 0 },
  );
}
