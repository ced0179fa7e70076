/** Where a hook reads from: a label of the connection, or a subscription that components with equal parameters share. */

import type { RemoteConnection, RemoteSubscription } from "../client/index.js";

type Values = Readonly<Record<string, unknown>>;

export interface Source {
  /** Undefined until it is there. */
  value(): unknown;
  error(): Error | undefined;
  /** Calls back at each change; gives what takes it back. */
  subscribe(changed: () => void): () => void;
  /** Resolves when there is a value or an error; always the same promise. */
  readonly ready: Promise<void>;
}

type Connection = RemoteConnection<Record<string, never>>;

/** Milliseconds for which a subscription waits for a component: one that suspends is not there yet. */
const patienceMs = 5_000;

const sources = new WeakMap<object, Map<string, Source>>();

/** The source of a label and its parameters, the same for all who ask. */
export function sourceOf(given: RemoteConnection<never>, label: string, params: unknown): Source {
  const connection = given as unknown as Connection;
  let known = sources.get(connection);
  if (known === undefined) {
    known = new Map();
    sources.set(connection, known);
  }
  const key = JSON.stringify([label, params]);
  let source = known.get(key);
  if (source === undefined) {
    const gone = () => known.delete(key);
    source = params === undefined ? standing(connection, label) : watched(connection, label, params, gone);
    known.set(key, source);
  }
  return source;
}

const valueIn = ({ value }: RemoteSubscription<Record<string, never>>, label: string): unknown =>
  value !== undefined && Object.hasOwn(value, label) ? (value as Values)[label] : undefined;

/** @param listen calls back at each change; gives what takes it back */
function readyWhen(
  { value, error }: Pick<Source, "value" | "error">,
  listen: (changed: () => void) => () => void,
): Promise<void> {
  const isReady = () => value() !== undefined || error() !== undefined;
  return new Promise((resolve) => {
    if (isReady()) {
      resolve();
      return;
    }
    const stop = listen(() => {
      if (!isReady()) return;
      stop();
      resolve();
    });
  });
}

const both = (stops: readonly (() => void)[]) => () => {
  for (const stop of stops) stop();
};

/** A label that every connection shows. */
function standing(connection: Connection, label: string): Source {
  const source = {
    value: () => valueIn(connection, label),
    error: () => {
      if (valueIn(connection, label) !== undefined) return undefined;
      const { state, reason, value } = connection;
      if (state === "closed") return Object.assign(new Error(reason?.message), reason);
      if (state !== "live" || value === undefined) return undefined;
      return new Error(
        `The connection shows no ${JSON.stringify(label)}; it has ${Object.keys(value).join(", ") || "nothing"}. ` +
          `A query with parameters takes them: useLive(${JSON.stringify(label)}, params).`,
      );
    },
    subscribe: (changed: () => void) =>
      both([connection.on("transition", changed), connection.on("state", changed)]),
  };
  return { ...source, ready: readyWhen(source, source.subscribe) };
}

/** A subscription that lasts as long as components read it, and a little longer. */
function watched(connection: Connection, label: string, params: unknown, gone: () => void): Source {
  const view = connection.watch(label, params as never);
  let readers = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = () => {
    gone();
    view.close();
  };
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(end, patienceMs);
  };
  wait();
  const listen = (changed: () => void) => both([view.on("transition", changed), view.on("error", changed)]);
  const source = {
    value: () => valueIn(view, label),
    error: () => (view.value === undefined ? view.error : undefined),
    subscribe: (changed: () => void) => {
      const stop = listen(changed);
      readers++;
      clearTimeout(timer);
      let reading = true;
      return () => {
        if (!reading) return;
        reading = false;
        stop();
        if (--readers === 0) wait();
      };
    },
  };
  return { ...source, ready: readyWhen(source, listen) };
}
