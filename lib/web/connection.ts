/** A connection of a browser: its subscriptions, and the one stream that tells of all of them. */

import { randomUUID } from "node:crypto";
import { SubscriptionLimitError, UnknownConnectionError } from "../errors.js";
import { encodeEvent, encodeTransition, type Queries, type Subscription } from "../sync/index.js";
import type { AnyTransition } from "../sync/live/index.js";
import type { Fault, Hello } from "../wire/read/index.js";
import { faultInStream } from "./refusal.js";
import type { Format } from "./requests.js";

/** What makes a connection. */
export interface ConnectionParts {
  /** Kept, because the signal of a request that nobody holds is never aborted. */
  readonly request: Request;
  readonly tenantId: string;
  readonly format: Format;
  readonly heartbeatMs: number;
  readonly subscriptions: number;
  /** Told of what ends a subscription and is the server's own affair. */
  readonly onError: (error: unknown) => void;
  /** Called once, at the end. */
  readonly onClose: (connection: Connection) => void;
}

interface Group {
  readonly id: string;
  readonly subscription: Subscription<Queries>;
  readonly reader: AsyncIterator<AnyTransition, undefined>;
  /** Taken from the reader and not sent yet; more is taken when it is sent, so that a slow browser conflates. */
  next: AnyTransition | undefined;
  /** It is to tell how far it is complete. */
  asked: boolean;
}

/** Opens a subscription that ends with the signal. */
export type Subscribe = (signal: AbortSignal) => Promise<Subscription<Queries>>;

const text = new TextEncoder();

/** All frames of a connection go through one stream, which asks for the next one when it has sent the one before. */
export class Connection {
  readonly id: string = randomUUID();
  readonly #groups = new Map<string, Group>();
  /** Groups that are being made, or are there: what counts towards the limit. */
  readonly #names = new Set<string>();
  /** Frames that are nobody's transition. */
  readonly #outbox: string[] = [];
  readonly #leave = new AbortController();
  readonly #heartbeat: ReturnType<typeof setInterval>;
  #greeted = false;
  #wake: (() => void) | undefined;
  #quiet = false;
  #closed = false;

  constructor(private readonly parts: ConnectionParts) {
    const { request, heartbeatMs } = parts;
    request.signal.addEventListener("abort", this.#abort, { once: true });
    this.#heartbeat = setInterval(() => this.#beat(), heartbeatMs).unref();
    if (request.signal.aborted) this.close();
  }

  get closed(): boolean {
    return this.#closed;
  }

  get tenantId(): string {
    return this.parts.tenantId;
  }

  readonly #abort = (): void => this.close();

  // ---- subscriptions -------------------------------------------------------------------------------------------

  has(group: string): boolean {
    return this.#groups.has(group);
  }

  /** @throws SubscriptionLimitError, and what `subscribe` throws */
  async add(id: string, subscribe: Subscribe): Promise<void> {
    // A browser that asks again has not seen the answer: the newer one counts.
    this.drop(id);
    if (this.#names.size >= this.parts.subscriptions) {
      throw new SubscriptionLimitError(
        `This connection has ${this.#names.size} subscriptions, as many as it may have. Usual cause: a list whose ` +
          "every row subscribes; show them with one query, or raise limits.subscriptions of the syncHandler.",
      );
    }
    this.#names.add(id);
    try {
      const subscription = await subscribe(this.#leave.signal);
      const reader = subscription[Symbol.asyncIterator]();
      const group: Group = { id, subscription, reader, next: undefined, asked: false };
      if (this.#closed || !this.#names.has(id)) return void (await subscription.close());
      this.#groups.set(id, group);
      this.#take(group);
    } catch (error) {
      this.#names.delete(id);
      throw error;
    }
  }

  /** @throws UnknownConnectionError */
  subscription(group: string): Subscription<Queries> {
    const found = this.#groups.get(group);
    if (found !== undefined) return found.subscription;
    throw new UnknownConnectionError(
      "This connection has no such subscription. Usual cause: it has just ended; connect again.",
    );
  }

  drop(id: string): void {
    const group = this.#groups.get(id);
    this.#names.delete(id);
    this.#groups.delete(id);
    void group?.subscription.close();
  }

  /** The group tells how far it is complete when it has told all that came before. */
  async complete(id: string): Promise<void> {
    // What the reader was given reaches `next` in this turn; a transition told later says more.
    await new Promise((resolve) => setTimeout(resolve));
    const group = this.#groups.get(id);
    if (group === undefined) return;
    group.asked = true;
    this.#wake?.();
  }

  #fail({ id }: Group, error: unknown): void {
    this.drop(id);
    this.parts.onError(error);
    this.fault({ ...faultInStream(error), group: id });
  }

  fault(fault: Fault): void {
    this.#say(`event: fault\ndata: ${JSON.stringify(fault)}\n\n`);
  }

  #take(group: Group): void {
    group.reader.next().then(
      ({ done, value }) => {
        if (this.#groups.get(group.id) !== group) return;
        // It ended with the Sync: the browser is to look for another server.
        if (done === true) return this.close();
        group.next = value;
        this.#wake?.();
      },
      (error: unknown) => {
        if (this.#groups.get(group.id) !== group) return;
        this.#fail(group, error);
      },
    );
  }

  // ---- the stream ----------------------------------------------------------------------------------------------

  #say(frame: string): void {
    // Lines of JSON are transitions alone.
    if (this.parts.format === "ndjson") return;
    this.#outbox.push(frame);
    this.#wake?.();
  }

  #beat(): void {
    // A comment: readers that know nothing of heartbeats see transitions alone.
    if (this.#quiet && this.#outbox.length === 0) this.#say(": beat\n");
    this.#quiet = true;
  }

  #encode(group: Group, transition: AnyTransition): string {
    if (this.parts.format === "ndjson") return `${encodeTransition(transition)}\n`;
    return encodeEvent(transition, group.id === "" ? "sync" : `sync.${group.id}`);
  }

  /** The next frame; undefined when there is nothing to say. */
  #next(): string | undefined {
    const said = this.#outbox.shift();
    if (said !== undefined) return said;
    for (const group of this.#groups.values()) {
      const { next } = group;
      if (next === undefined && !group.asked) continue;
      group.next = undefined;
      // In turns: one that has much to tell holds up nobody.
      this.#groups.delete(group.id);
      this.#groups.set(group.id, group);
      if (next !== undefined) this.#take(group);
      else group.asked = false;
      try {
        return this.#encode(group, next ?? progressOf(group.subscription));
      } catch (error) {
        this.#fail(group, error);
        return this.#next();
      }
    }
    return undefined;
  }

  /** Says who this is: in a comment, for readers that change subscriptions. */
  #greeting(): string {
    const hello: Hello = { connection: this.id, heartbeatMs: this.parts.heartbeatMs };
    // Browsers that lost a server come back at different times.
    const retryMs = 1_000 + Math.floor(Math.random() * 2_000);
    return `retry: ${retryMs}\n: hello ${JSON.stringify(hello)}\n`;
  }

  /** The next frame, with the greeting before the first one; undefined when there is nothing to say. */
  #said(): string | undefined {
    const frame = this.#next();
    if (this.#greeted || this.parts.format === "ndjson") return frame;
    if (frame === undefined && this.#names.size > 0) return undefined;
    this.#greeted = true;
    return `${this.#greeting()}${frame ?? ""}`;
  }

  stream(): ReadableStream<Uint8Array> {
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      for (;;) {
        const frame = this.#said();
        if (frame !== undefined) {
          this.#quiet = false;
          controller.enqueue(text.encode(frame));
          return;
        }
        if (this.#closed) return controller.close();
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        this.#wake = undefined;
      }
    };
    return new ReadableStream<Uint8Array>({ pull, cancel: () => this.close() }, { highWaterMark: 0 });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#heartbeat);
    this.parts.request.signal.removeEventListener("abort", this.#abort);
    for (const id of [...this.#groups.keys()]) this.drop(id);
    this.#leave.abort();
    this.parts.onClose(this);
    this.#wake?.();
  }
}

const progressOf = ({ version, cursor }: Subscription<Queries>): AnyTransition => ({
  type: "progress",
  version,
  cursor,
});
