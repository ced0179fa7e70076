import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import type { Html } from "./html.js";

/** An open page, as the server sees it: one event stream with an id that only this page knows. */
export interface Tab {
  readonly id: string;
  /** Aborted when the page goes away or the server stops. */
  readonly signal: AbortSignal;
  /** Replaces the elements that have the ids of these elements; resolves when the page has room for more. */
  patch(elements: Html): Promise<void>;
  /** Adds an element after another one, or at the front of its container when `after` is `null`. */
  insert(into: string, after: string | null, element: Html): Promise<void>;
  /** Removes the element with this id. */
  remove(elementId: string): Promise<void>;
  /**
   * Waits for the length of a frame, after something was sent. The subscription goes on and sums up, so that a busy
   * database costs each page twenty small pictures a second, not one for each commit.
   */
  rest(): Promise<void>;
  /** Called when the page asks for another product; set by pages that have one. */
  choose?: (productId: string) => Promise<void>;
}

/** Keeps intermediaries from closing a quiet stream, and notices pages that vanished without a word. */
const heartbeatMs = 15_000;
const frameMs = 50;

/** All pages that are open now. */
export class Tabs {
  readonly #open = new Map<string, { tab: Tab; close: () => void }>();
  #closed = false;

  get(id: string): Tab | undefined {
    return this.#open.get(id)?.tab;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Answers with an event stream that `serve` feeds until it returns or the tab's signal is aborted. */
  stream(c: Context, serve: (tab: Tab) => Promise<void>): Response {
    // The answer to HEAD has no body, so nothing would ever end its stream.
    if (c.req.method !== "GET") return c.body(null, 405, { Allow: "GET" });
    const stop = new AbortController();
    // Hono reports a failure of the stream to the page as an event; nothing of the server's inside may leave it.
    const response = streamSSE(c, async (stream) => {
      const send = (event: string, data: string) => stream.writeSSE({ event, data });
      const tab: Tab = {
        id: randomUUID(),
        signal: stop.signal,
        patch: (elements) => send("patch", elements.toString()),
        insert: (into, after, element) =>
          send("insert", JSON.stringify({ into, after, html: element.toString() })),
        remove: (elementId) => send("remove", elementId),
        rest: () => sleep(frameMs, undefined, { signal: stop.signal }).catch(() => {}),
      };
      stream.onAbort(() => stop.abort());
      if (this.#closed) return;
      this.#open.set(tab.id, { tab, close: () => stop.abort() });
      const heartbeat = setInterval(() => void stream.write(": still here\n\n"), heartbeatMs);
      try {
        await send("tab", tab.id);
        await serve(tab);
      } catch (error) {
        if (!stop.signal.aborted) console.error(error);
      } finally {
        clearInterval(heartbeat);
        this.#open.delete(tab.id);
        stop.abort();
      }
    });
    response.headers.set("Cache-Control", "no-store");
    return response;
  }

  /** Ends every stream; new ones end at once. */
  close(): void {
    this.#closed = true;
    for (const { close } of this.#open.values()) close();
  }
}
