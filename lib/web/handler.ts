/** Answers web-standard requests with streams of live queries, and changes what a stream tells of. */

import {
  InvalidOptionsError,
  InvalidRequestError,
  SubscriptionLimitError,
  UnknownConnectionError,
} from "../errors.js";
import type { Queries, Subscription, Sync } from "../sync/index.js";
import type { AskedGroup, ChangeRequest, OpenRequest } from "../wire/read/index.js";
import { Connection } from "./connection.js";
import { type Allowance, allowanceOf, type Limits } from "./limits.js";
import { liveOf, livesOf, standing } from "./offers.js";
import { answerTo, faultInStream, faultOf, refusal } from "./refusal.js";
import { bodyOf, cursorOf, type Format, formatOf, formats, isJson } from "./requests.js";
import { type Answer, checkWatched, type NothingElse, type Watched } from "./watched.js";

/** A function from web-standard requests to responses: for Hono, Next, Deno, Bun, workers, and others by `nodeHandler`. */
export type FetchHandler = (request: Request) => Promise<Response>;

/** Options of a handler. */
export interface HandlerOptions {
  /** Milliseconds after which a stream without news says that it is there. Default 15,000. */
  readonly heartbeatMs?: number;
  /**
   * What one client may cost. Default: 100 subscriptions of a connection, 100 labels of each, 65,536 bytes of a request.
   */
  readonly limits?: Limits;
  /** Told of errors whose cause is the server's and that no answer can carry any more. Default `console.error`. */
  readonly onError?: (error: unknown) => void;
}

const optionNames = ["heartbeatMs", "limits", "onError"];

function checkOptions(options: HandlerOptions): void {
  for (const name of Object.keys(options)) {
    if (optionNames.includes(name)) continue;
    throw new InvalidOptionsError(
      `syncHandler has no option ${JSON.stringify(name)}; there are ${optionNames.join(", ")}. Who may watch what is ` +
        "returned by watch.",
    );
  }
  const { heartbeatMs = 15_000 } = options;
  if (!(heartbeatMs >= 10 && heartbeatMs <= 2 ** 31 - 1)) {
    throw new InvalidOptionsError(
      `heartbeatMs of a syncHandler is ${String(heartbeatMs)}; it is milliseconds, 10 at least.`,
    );
  }
}

/**
 * Streams a subscription for each request, as server-sent events of type `sync` or as NDJSON (by the `Accept`
 * header). A reconnect goes on from its `Last-Event-ID` (or `?cursor=`): its first event holds what was missed.
 *
 * `watch` decides from the request who asks and what may be seen; a `Response` that it returns is sent as it is.
 * Queries that are functions get parameters from the browser, by POST to the same address; see `plinth/client`.
 * Errors that a client causes are answered with their status (400, 404, 405, 406, 410, 413, 415, 429) and a JSON of
 * `code` and `message`; others reject. The subscriptions end with the connection.
 *
 * @throws InvalidOptionsError for options that do not exist or cannot work, and, when it is called, for what `watch`
 *   returns beside `{ tenant, queries, authorize?, delivery? }`
 * @example
 * const live = syncHandler(sync, async (request) => {
 *   const user = await userOf(request);
 *   if (user === null) return new Response(null, { status: 401 });
 *   return { tenant, queries: { mine: sync.allBy(Order, { userId: user.id }) } };
 * });
 * app.all("/live", (c) => live(c.req.raw)); // Hono
 */
export function syncHandler<A extends Answer | Promise<Answer>>(
  sync: Sync,
  watch: (request: Request) => A & NothingElse<A>,
  options: HandlerOptions = {},
): FetchHandler {
  checkOptions(options);
  const handler = new Handler(sync, watch as Handler["watch"], allowanceOf(options.limits ?? {}), options);
  return (request) => handler.answer(request);
}

type Rights = Omit<Watched, "tenant" | "queries">;

class Handler {
  readonly #connections = new Map<string, Connection>();

  constructor(
    private readonly sync: Sync,
    readonly watch: (request: Request) => Answer | Promise<Answer>,
    private readonly allowance: Allowance,
    private readonly options: HandlerOptions,
  ) {}

  async answer(request: Request): Promise<Response> {
    if (request.method !== "GET" && request.method !== "POST") {
      const message = "Live queries are read with GET, or with POST and parameters.";
      return refusal(405, "method_not_allowed", message, { allow: "GET, POST" });
    }
    if (request.method === "POST" && !isJson(request)) {
      return refusal(415, "unsupported_media_type", "Send application/json.");
    }
    try {
      const body = request.method === "POST" ? await bodyOf(request, this.allowance.requestBytes) : undefined;
      if (body !== undefined && "connection" in body) return await this.#change(request, body);
      return await this.#open(request, body);
    } catch (error) {
      // Nobody is left to be told.
      if (request.signal.aborted) return gone();
      return answerTo(error);
    }
  }

  // ---- a new stream --------------------------------------------------------------------------------------------

  async #open(request: Request, body: OpenRequest | undefined): Promise<Response> {
    const format = formatOf(request);
    if (format === undefined || (format === "ndjson" && body !== undefined)) {
      const known = body === undefined ? `${formats.sse} or ${formats.ndjson}` : formats.sse;
      return refusal(406, "not_acceptable", `Accept ${known}.`);
    }
    const answer = await this.watch(request);
    if (answer instanceof Response) return answer;
    const watched = checkWatched(answer);
    const cursor = cursorOf(request);
    const main: AskedGroup = { group: "", labels: {}, ...(cursor === undefined ? {} : { cursor }) };
    const groups = body === undefined ? [main] : this.#groupsOf(body.open);
    const connection = this.#connect(request, watched, format);
    try {
      await Promise.all(groups.map((asked) => this.#begin(connection, watched, asked)));
    } catch (error) {
      connection.close();
      throw error;
    }
    if (connection.closed) return gone();
    return new Response(connection.stream(), {
      headers: {
        "content-type": formats[format],
        "cache-control": "no-store, no-transform",
        // Proxies that gather a response before they pass it on would hold back every event.
        "x-accel-buffering": "no",
      },
    });
  }

  #connect(request: Request, watched: Watched, format: Format): Connection {
    const leave = this.allowance.enter(request);
    const connection = new Connection({
      request,
      format,
      tenantId: watched.tenant.id,
      heartbeatMs: this.options.heartbeatMs ?? 15_000,
      subscriptions: this.allowance.subscriptions,
      onError: (error) => this.#tell(error),
      onClose: ({ id }) => {
        this.#connections.delete(id);
        leave();
      },
    });
    if (!connection.closed) this.#connections.set(connection.id, connection);
    return connection;
  }

  /** The standing subscription fails with the request, others for themselves. */
  async #begin(connection: Connection, watched: Watched, asked: AskedGroup): Promise<void> {
    const { group } = asked;
    try {
      const queries = {
        ...(group === "" ? standing(watched.queries) : {}),
        ...livesOf(watched.queries, asked.labels),
      };
      // A page may begin with nothing but queries that it has not asked for yet.
      if (group === "" && Object.keys(queries).length === 0 && Object.keys(watched.queries).length > 0)
        return;
      await connection.add(group, (signal) => this.#subscribe(watched, queries, signal, asked.cursor));
    } catch (error) {
      if (group === "" || connection.closed) throw error;
      this.#tell(error);
      connection.fault({ ...faultInStream(error), group });
    }
  }

  #subscribe(
    { tenant, queries: _, ...rights }: Watched,
    queries: Queries,
    signal: AbortSignal,
    resume: string | undefined,
  ): Promise<Subscription<Queries>> {
    const options: Rights & { signal: AbortSignal } = { ...rights, signal };
    return this.sync.subscribe(tenant, queries, resume === undefined ? options : { ...options, resume });
  }

  /** @throws InvalidRequestError, SubscriptionLimitError */
  #groupsOf(asked: unknown): readonly AskedGroup[] {
    const isGroup = (group: unknown): group is AskedGroup =>
      typeof group === "object" &&
      group !== null &&
      "group" in group &&
      "labels" in group &&
      // It becomes part of a line of the stream.
      /^\w{0,40}$/.test(String(group.group)) &&
      typeof group.group === "string" &&
      (!("cursor" in group) || typeof group.cursor === "string");
    if (!Array.isArray(asked) || !asked.every(isGroup)) {
      throw new InvalidRequestError(
        'Subscriptions are [{ "group": "name", "labels": { … }, "cursor"?: "…" }].',
      );
    }
    if (asked.length > this.allowance.subscriptions) {
      throw new SubscriptionLimitError(
        `A request asks for ${asked.length} subscriptions; a connection may have ${this.allowance.subscriptions}.`,
      );
    }
    const most = Math.max(0, ...asked.map(({ labels }) => Object.keys(labels ?? {}).length));
    if (most > this.allowance.labels) {
      throw new SubscriptionLimitError(
        `A request asks for a subscription of ${most} labels; it may have ${this.allowance.labels}.`,
      );
    }
    return asked;
  }

  // ---- an open one ---------------------------------------------------------------------------------------------

  async #change(request: Request, body: ChangeRequest): Promise<Response> {
    const answer = await this.watch(request);
    if (answer instanceof Response) return answer;
    const watched = checkWatched(answer);
    const connection = this.#connections.get(body.connection);
    // One tenant learns nothing of another's connections.
    if (connection === undefined || connection.tenantId !== watched.tenant.id) {
      throw new UnknownConnectionError(
        "There is no such connection in this process. Usual cause: the server was replaced, or another one has it; " +
          "open a stream again, with the cursors of what it told.",
      );
    }
    const { add, drop, set, unset, until } = body;
    for (const group of drop ?? []) connection.drop(String(group));
    if (add !== undefined) {
      const groups = this.#groupsOf(add);
      await Promise.all(groups.map((asked) => this.#begin(connection, watched, asked)));
    }
    if (set !== undefined) await this.#set(connection, watched, ...set);
    if (unset !== undefined) await connection.subscription(unset[0]).drop(unset[1]);
    if (until !== undefined) await this.#until(connection, until[0], until[1], request.signal);
    return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  }

  async #set(connection: Connection, watched: Watched, group: string, label: string, ...asked: unknown[]) {
    const live = liveOf(watched.queries, asked[0], asked[1]);
    if (!connection.has(group)) {
      return connection.add(group, (signal) =>
        this.#subscribe(watched, { [label]: live }, signal, undefined),
      );
    }
    const subscription = connection.subscription(group);
    if (subscription.labels.includes(label)) return subscription.set(label, live);
    if (subscription.labels.length >= this.allowance.labels) {
      throw new SubscriptionLimitError(`A subscription may have ${this.allowance.labels} labels.`);
    }
    await subscription.add({ [label]: live });
  }

  async #until(connection: Connection, group: string, version: string, signal: AbortSignal): Promise<void> {
    if (!/^\d{1,20}$/.test(version)) throw new InvalidRequestError("A version is written in digits.");
    await connection.subscription(group).until(BigInt(version), { signal });
    await connection.complete(group);
  }

  #tell(error: unknown): void {
    if (faultOf(error) !== undefined) return;
    (this.options.onError ?? console.error)(error);
  }
}

/** The client has left. */
const gone = (): Response => new Response(null, { status: 499 });
