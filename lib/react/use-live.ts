/** The hook that reads a live query. */

import { useCallback, useSyncExternalStore } from "react";
import type { ConnectionState, ParamsOf, Reason, ValueOf } from "../client/index.js";
import { usePlinth } from "./provider.js";
import type { Registered } from "./register.js";
import { type Source, sourceOf } from "./source.js";

type Params<O> = O extends (params: never) => unknown ? [params: ParamsOf<O>] : [params?: undefined];

const never: Source = {
  value: () => undefined,
  error: () => undefined,
  subscribe: () => () => {},
  ready: new Promise(() => {}),
};

/**
 * The value of a live query, by its label, and by parameters where the query is a function of some. Components with
 * equal parameters share one subscription; all share one connection.
 *
 * Suspends until there is a value; what the server refuses is thrown, to the error boundary around the component. A
 * component renders again when its own label has changed, and rows that did not change are `===`.
 *
 * @example
 * const board = useLive("board");
 * const order = useLive("order", { id: "a" });
 * @throws Error outside of a PlinthProvider; what the server refuses, with its `code` and `status`
 */
export function useLive<L extends keyof Registered & string>(
  label: L,
  ...[params]: Params<Registered[L]>
): ValueOf<Registered[L]> {
  const { connection, initial } = usePlinth();
  const source = connection === undefined ? never : sourceOf(connection, label, params);
  const rendered = params === undefined && initial !== undefined ? initial[label] : undefined;
  const value = useSyncExternalStore(
    source.subscribe,
    source.value,
    // The first render in a browser is the one of the server.
    () => rendered ?? source.value(),
  );
  if (value === undefined) {
    const error = source.error();
    // Thrown, and not given to use(), which may not be called in one render and left out in the next.
    throw error ?? source.ready;
  }
  return value as ValueOf<Registered[L]>;
}

const offline = () => () => {};

/**
 * How the connection is, and why: for a badge that says that what is shown may be old.
 *
 * @example const { state, reason } = useConnectionState();
 * @throws Error outside of a PlinthProvider
 */
export function useConnectionState(): {
  readonly state: ConnectionState;
  readonly reason: Reason | undefined;
} {
  const { connection } = usePlinth();
  const subscribe = useCallback(
    (changed: () => void) => connection?.on("state", changed) ?? offline(),
    [connection],
  );
  const state = () => connection?.state ?? "connecting";
  const reason = () => connection?.reason;
  return {
    state: useSyncExternalStore(subscribe, state, () => "connecting" as const),
    reason: useSyncExternalStore(subscribe, reason, () => undefined),
  };
}
