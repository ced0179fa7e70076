/** The browser's side of a live page: folds the events of a `syncHandler` into a value that is always whole.
 *
 * This module and what it imports use nothing but the web platform.
 */

import type { Queries, Transition, Values } from "../sync/live/index.js";
import { complete, decodeTransition } from "../wire/read/index.js";

/** `connecting` covers the time between a lost connection and the next: the browser tries again by itself. */
export type ConnectionState = "connecting" | "live" | "closed";

export interface RemoteEvents<Q> {
  /** Every transition, after `value` has moved. */
  transition: (transition: Transition<Q>) => void;
  state: (state: ConnectionState) => void;
}

/** A subscription on the other side of an HTTP connection. */
export interface RemoteSubscription<Q> {
  /** The newest values by label; undefined until the first event. */
  readonly value: Values<Q> | undefined;
  readonly state: ConnectionState;
  /** @returns a function that takes the listener back */
  on<E extends keyof RemoteEvents<Q>>(event: E, listener: RemoteEvents<Q>[E]): () => void;
  close(): void;
}

/** What `connect` needs of an `EventSource`. */
export interface EventSourceLike {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: never) => void): void;
  close(): void;
}

export interface ConnectOptions {
  /** Makes the connection; default `new EventSource(url)`. */
  readonly open?: (url: string) => EventSourceLike;
}

const closedState = 2;

/**
 * Connects to a `syncHandler`. A connection that is lost is made again by the browser, which sends the last cursor;
 * the next event then holds what was missed.
 *
 * @example
 * const live = connect<{ reviews: Live<readonly Review[], Review> }>("/live");
 * live.on("transition", (t) => render(live.value.reviews));
 */
export function connect<Q extends Queries>(url: string, options: ConnectOptions = {}): RemoteSubscription<Q> {
  const open = options.open ?? ((address: string) => new EventSource(address) as unknown as EventSourceLike);
  const source = open(url);
  let value: Readonly<Record<string, unknown>> | undefined;
  let state: ConnectionState = "connecting";
  const listeners = { transition: new Set<(t: never) => void>(), state: new Set<(s: never) => void>() };
  const emit = (event: keyof typeof listeners, argument: unknown) => {
    for (const listener of [...listeners[event]]) (listener as (argument: unknown) => void)(argument);
  };
  const enter = (next: ConnectionState) => {
    if (state === next || state === "closed") return;
    state = next;
    emit("state", next);
  };
  source.addEventListener("open", () => enter("live"));
  source.addEventListener("error", () => enter(source.readyState === closedState ? "closed" : "connecting"));
  source.addEventListener("sync", (event: { readonly data: string }) => {
    const completed = complete(value ?? {}, decodeTransition(event.data));
    value = completed.value;
    enter("live");
    emit("transition", completed.transition);
  });
  return {
    get value() {
      return value as Values<Q> | undefined;
    },
    get state() {
      return state;
    },
    on(event, listener) {
      listeners[event].add(listener as never);
      return () => void listeners[event].delete(listener as never);
    },
    close() {
      source.close();
      enter("closed");
    },
  };
}
