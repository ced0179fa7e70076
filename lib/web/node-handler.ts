/** Makes of a handler one for Node's own requests and responses, as Express, Fastify and NestJS have them. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { FetchHandler } from "./handler.js";
import { faultInStream } from "./refusal.js";

/** Takes the body that a parser has read already, or the `next` of Express, which is told of errors. */
export type NodeHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  bodyOrNext?: unknown,
) => Promise<void>;

function requestOf(incoming: IncomingMessage, parsed: unknown, signal: AbortSignal): Request {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const { method = "GET" } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  const body = parsed === undefined || parsed === null ? Readable.toWeb(incoming) : JSON.stringify(parsed);
  const address = new URL(incoming.url ?? "/", `http://${incoming.headers.host ?? "localhost"}`);
  const init = { method, headers, signal, ...(hasBody ? { body, duplex: "half" } : {}) };
  return new Request(address, init as RequestInit);
}

const nextOf = (given: unknown): ((error: unknown) => void) | undefined =>
  typeof given === "function" ? (given as (error: unknown) => void) : undefined;

/** Waits until the other side has taken what was written, or has gone. */
const drained = (response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });

async function send(answer: Response, response: ServerResponse): Promise<void> {
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  // A browser is told that the stream is open before anything has happened.
  response.flushHeaders();
  const reader = answer.body?.getReader();
  if (reader === undefined) {
    response.end();
    return;
  }
  response.once("close", () => void reader.cancel().catch(() => {}));
  for (;;) {
    const { done, value } = await reader.read();
    if (done || response.destroyed) break;
    if (!response.write(value)) await drained(response);
  }
  response.end();
}

/**
 * A handler of Node's `(request, response)`, with back pressure; the subscriptions end when the browser leaves.
 *
 * Errors that are the server's own go to `next` where there is one, else are answered with 500 and logged.
 *
 * @example
 * const live = syncHandler(sync, () => ({ tenant, queries: { products: sync.all(Product) } }));
 * createServer(nodeHandler(live)).listen(3000); // in Express: app.all("/live", nodeHandler(live))
 */
export function nodeHandler(live: FetchHandler): NodeHandler {
  return async (incoming, response, bodyOrNext) => {
    const leave = new AbortController();
    response.once("close", () => leave.abort());
    const next = nextOf(bodyOrNext);
    const parsed = next === undefined && bodyOrNext !== undefined ? bodyOrNext : bodyOf(incoming);
    try {
      await send(await live(requestOf(incoming, parsed, leave.signal)), response);
    } catch (error) {
      if (leave.signal.aborted) return;
      if (next !== undefined && !response.headersSent) {
        next(error);
        return;
      }
      console.error(error);
      if (!response.headersSent) response.writeHead(500, { "content-type": "application/json" });
      response.end(JSON.stringify(faultInStream(error)));
    }
  };
}

/** What a parser of Express or NestJS has left. */
function bodyOf(incoming: IncomingMessage): unknown {
  const { body } = incoming as { body?: unknown };
  return incoming.readableEnded || incoming.complete ? body : undefined;
}
