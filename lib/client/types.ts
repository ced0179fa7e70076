/** What a browser sees of a server's live queries: plain data, typed by `typeof queries`. */

import type { Typed } from "../wire/read/index.js";

type AnyTyped = Typed<unknown, unknown>;

/** The queries of a handler, as in `export type Live = typeof queries`: live ones, and functions of parameters. */
export type Offered = { readonly [label: string]: AnyTyped | ((params: never) => AnyTyped) };

type Atom = string | number | boolean | bigint | symbol | null | undefined | Date | Uint8Array;

/** A value as it arrives: records without their methods, other objects as their `toJSON` says. */
export type Plain<T> = T extends Atom
  ? T
  : T extends { toJSON(): infer J }
    ? Plain<J>
    : T extends readonly unknown[]
      ? { readonly [I in keyof T]: Plain<T[I]> }
      : T extends object
        ? { readonly [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Plain<T[K]> }
        : T;

type Made<O> = O extends (params: never) => infer L ? L : O;

/** The value of a query. */
export type ValueOf<O> = Made<O> extends Typed<infer R, unknown> ? Plain<R> : unknown;
/** What the changes of a query tell of. */
export type RowOf<O> = Made<O> extends Typed<unknown, infer C> ? Plain<C> : unknown;
/** The parameters of a query. */
export type ParamsOf<O> = O extends (params: infer P) => unknown ? P : undefined;
/** The labels whose queries take parameters. */
export type Settable<Q> = {
  [L in keyof Q & string]: Q[L] extends (params: never) => unknown ? L : never;
}[keyof Q & string];

/** Values by label; those of queries with parameters are there once they are set. */
export type Values<Q> = {
  readonly [L in keyof Q as Q[L] extends (params: never) => unknown ? never : L]: ValueOf<Q[L]>;
} & {
  readonly [L in keyof Q as Q[L] extends (params: never) => unknown ? L : never]?: ValueOf<Q[L]>;
};

/**
 * One step from a list to the next, as on the server: `op` says which. `key` is the primary key, `index` the place from 0,
 * `from` the place before a move, `changed` the fields that differ. `row`, `before` and rows that did not change keep their
 * identity.
 */
export type RemoteChange<T> =
  | { readonly op: "insert"; readonly key: unknown; readonly row: T; readonly index: number }
  | {
      readonly op: "update";
      readonly key: unknown;
      readonly row: T;
      readonly before: T;
      readonly changed: readonly (keyof T)[];
      readonly index: number;
      readonly from: number;
    }
  | { readonly op: "delete"; readonly key: unknown; readonly before: T; readonly index: number };

/**
 * What a subscription is told, as on the server: a `snapshot` of all labels, a `change` between two versions, `progress`
 * when nothing changed, or another `status`.
 */
export type RemoteTransition<Q> =
  | {
      readonly type: "snapshot";
      readonly version: bigint;
      readonly cursor?: string;
      readonly value: Values<Q>;
      readonly labels: readonly (keyof Q & string)[];
      readonly reason: string;
    }
  | {
      readonly type: "change";
      readonly version: bigint;
      readonly from: bigint;
      readonly cursor?: string;
      readonly changes: { readonly [L in keyof Q]?: readonly RemoteChange<RowOf<Q[L]>>[] };
      readonly previous: Partial<Values<Q>>;
      readonly commits: number;
    }
  | { readonly type: "progress"; readonly version: bigint; readonly cursor?: string }
  | { readonly type: "status"; readonly state: string };

/**
 * How a connection is:
 *
 * - `connecting` nothing has come yet
 * - `live` the value is the newest
 * - `stale` the connection is lost and made again; the value may be old
 * - `offline` so is the device
 * - `closed` for good
 */
export type ConnectionState = "connecting" | "live" | "stale" | "offline" | "closed";

/** Why a connection is in its state. */
export interface Reason {
  /**
   * `unreachable`, `http_STATUS`, `unexpected_answer`, `ended`, `silent` (missed heartbeats), `offline`, `broken` (what
   * came did not follow what is there), `closed`, or the code of an error of the server.
   */
  readonly code: string;
  /** The same in words, for people. */
  readonly message: string;
  /** The HTTP status, where an answer had one. */
  readonly status?: number;
  /** Milliseconds until it is tried again; absent when it is not. */
  readonly retryInMs?: number;
}

/** What the server refuses: `code` is that of its error, `status` that of its answer. */
export type RemoteFailure = Error & { readonly code: string; readonly status?: number | undefined };

/** What `on` can be told of, and with what. */
export interface RemoteEvents<Q> {
  /** Every transition, after `value` has moved. */
  transition: (transition: RemoteTransition<Q>) => void;
  /** The server has ended this subscription, or refused it. */
  error: (error: RemoteFailure) => void;
}

/** A subscription on the other side of a connection. */
export interface RemoteSubscription<Q> {
  /** The newest values by label, frozen; undefined until the first event. Rows that did not change stay `===`. */
  readonly value: Values<Q> | undefined;
  /** All commits up to this version are in `value`. */
  readonly version: bigint | undefined;
  /** Why the server has ended or refused it; undefined while it goes on. */
  readonly error: RemoteFailure | undefined;
  /**
   * Calls `listener` for each event. A listener that throws stops nobody else; its error is reported as uncaught.
   *
   * @returns what takes it back
   * @example
   * const reviews = live.watch("reviews", { productId: "p1" });
   * const stop = reviews.on("transition", () => render(reviews.value?.reviews));
   */
  on<E extends keyof RemoteEvents<Q>>(event: E, listener: RemoteEvents<Q>[E]): () => void;
  /**
   * Resolves when `value` holds a commit: `repo.transactional(tenant, fn, { returning: "version" })` on the server. Waits
   * without a limit.
   *
   * @example await live.until(version); // { "version": "123" } of the answer to a write
   * @throws the error with which the server ends it, and one of code `closed` when it is closed first; SyntaxError for text
   *   that is no number
   */
  until(version: bigint | string): Promise<void>;
  /**
   * Ends this subscription; the connection and its others go on.
   *
   * @example
   * const reviews = live.watch("reviews", { productId: "p1" });
   * reviews.close();
   */
  close(): void;
}

/** A connection, and the subscription that it stands for. */
export interface RemoteConnection<Q> extends Omit<RemoteSubscription<Q>, "on"> {
  /** Whether it is connected; see {@link ConnectionState}. */
  readonly state: ConnectionState;
  /** Why it is not live; undefined while it is. */
  readonly reason: Reason | undefined;
  /**
   * Calls `listener` for each event. A listener that throws stops nobody else; its error is reported as uncaught.
   *
   * @returns what takes it back
   * @example live.on("transition", () => render(live.value?.products));
   */
  on<E extends keyof RemoteEvents<Q>>(event: E, listener: RemoteEvents<Q>[E]): () => void;
  /**
   * Calls `listener` whenever the state of the connection is another one, or its reason.
   *
   * @returns what takes it back
   * @example live.on("state", (state, reason) => render(state, reason?.code));
   */
  on(event: "state", listener: (state: ConnectionState, reason: Reason | undefined) => void): () => void;
  /**
   * Shows a query with these parameters under its label; what is shown moves with the next transition.
   *
   * Resolves when a server has taken it, which waits for a connection.
   *
   * @example await live.set("reviews", { productId: "p1" });
   * @throws what the server refuses, as an error with its `code` and `status`; one of code `closed` after `close`, and of
   *   `needs_fetch` with `open`
   */
  set<L extends Settable<Q>>(label: L, params: ParamsOf<Q[L]>): Promise<void>;
  /**
   * Stops showing a label.
   *
   * @example await live.drop("reviews");
   * @throws as `set`
   */
  drop(label: Settable<Q>): Promise<void>;
  /**
   * Another subscription over this connection, to one query, as often as it is needed; `close` ends it.
   *
   * @example
   * const reviews = live.watch("reviews", { productId: "p1" });
   * reviews.on("error", (error) => render(error.code));
   */
  watch<L extends keyof Q & string>(query: L, params?: ParamsOf<Q[L]>): RemoteSubscription<Pick<Q, L>>;
  /**
   * Closes the connection for good, with all subscriptions over it; what waits rejects.
   *
   * @example live.close();
   */
  close(): void;
}
