/** The two ways to read a server's events: by fetch, and by an EventSource that somebody else makes. */

import { type EventTaker, eventParser } from "./event-parser.js";
import { because } from "./remote-error.js";
import type { Reason } from "./types.js";

/** What a stream tells, until it is closed. */
export interface StreamEvents extends EventTaker {
  /** Something came. */
  alive(): void;
  /** It has ended; with `retryInMs`, not to be tried before. */
  lost(reason: Reason): void;
}

/** What `connect` needs of an `EventSource`. */
export interface EventSourceLike {
  /** 0 while it connects, 1 while it is open, 2 when it is closed. */
  readonly readyState: number;
  /** Calls `listener` for each event of a type. */
  addEventListener(type: string, listener: (event: never) => void): void;
  /** Closes the connection for good. */
  close(): void;
}

export const unreachable = (error: unknown): Reason => ({ code: "unreachable", message: `${error}` });

/** An answer that is none: its code, its message, and when to try again. */
export async function reasonOf(response: Response): Promise<Reason> {
  const { status, headers } = response;
  const told = (await response.json().catch(() => null)) as Partial<Reason> | null;
  const wait = headers.get("retry-after") ?? "";
  return {
    code: `${told?.code ?? (response.ok ? "unexpected_answer" : `http_${status}`)}`,
    message: `${told?.message ?? `Status ${status}, ${headers.get("content-type")}`}`,
    status,
    retryInMs: Math.max(0, (+wait ? +wait * 1e3 : Date.parse(wait) - Date.now()) || 0),
  };
}

/** Reads by fetch; gives what closes it. */
export function fetchStream(open: (signal: AbortSignal) => Promise<Response>, on: StreamEvents): () => void {
  const leave = new AbortController();
  const { signal } = leave;
  const read = async (): Promise<Reason> => {
    const response = await open(signal);
    const { body, headers, status } = response;
    if (status !== 200 || !body || !headers.get("content-type")?.startsWith("text/event-stream"))
      return reasonOf(response);
    const reader = body.getReader();
    const decoder = new TextDecoder();
    const parse = eventParser(on);
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return because("ended");
      on.alive();
      parse(decoder.decode(value, { stream: true }));
    }
  };
  read()
    .catch(unreachable)
    .then((reason) => {
      on.lost(reason);
      // What is left of an answer that nobody reads.
      leave.abort();
    });
  return () => leave.abort();
}

/** Reads from an EventSource; gives what closes it. */
export function sourceStream(source: EventSourceLike, on: StreamEvents): () => void {
  const listen = (type: string, listener: (event: { data: string; lastEventId?: string }) => void): void =>
    source.addEventListener(type, listener as never);
  listen("open", on.alive);
  // It might come back by itself, and might not: as the standard has it, one 503 is its end.
  listen("error", () => on.lost(unreachable("The EventSource failed.")));
  for (const type of ["sync", "fault"]) {
    listen(type, ({ data, lastEventId }) => on.event(type, data, lastEventId ?? ""));
  }
  return () => source.close();
}
