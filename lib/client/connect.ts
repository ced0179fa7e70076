/** Connects a page to a `syncHandler`: one connection, the subscriptions over it, and how they change. */

import type { ChangeRequest, Fault, Hello } from "../wire/read/index.js";
import { link } from "./link.js";
import { because, errorOf } from "./remote-error.js";
import { type EventSourceLike, fetchStream, reasonOf, sourceStream, unreachable } from "./streams.js";
import type {
  ConnectionState,
  Offered,
  ParamsOf,
  Reason,
  RemoteConnection,
  RemoteFailure,
  Settable,
} from "./types.js";
import { type Asked, type View, viewOf } from "./view.js";

type Headers = Readonly<Record<string, string>>;

/** Options of `connect`. */
export interface ConnectOptions<Q = Offered> {
  /** Sent with every request; a function is asked each time, for tokens that change. Default: none. */
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  /** Whether cookies are sent to other origins; as for `fetch`, whose default it has (`"same-origin"`). */
  readonly credentials?: "omit" | "same-origin" | "include";
  /**
   * What the page was rendered with: the text of `initialOf(page)`, or a value and its cursor. Default: none, `value` is
   * undefined at first.
   */
  readonly initial?: string | { readonly value: object; readonly cursor: string };
  /** Parameters of queries that are shown from the beginning. Default: none of them is. */
  readonly params?: { readonly [L in Settable<Q>]?: ParamsOf<Q[L]> };
  /** Milliseconds of the first wait after a connection is lost, at most; each next one is twice as long, up to 30 s. Default 1,000. */
  readonly retryMs?: number;
  /** Makes requests; default `fetch`. */
  readonly fetch?: (url: string, init: Parameters<typeof fetch>[1]) => Promise<Response>;
  /** Reads by an EventSource of your making instead of `fetch`; parameters and `headers` need fetch. Default: none. */
  readonly open?: (url: string) => EventSourceLike;
}

/** A change of what is shown. */
type Change = Omit<ChangeRequest, "connection">;

/** A change that waits for a server to take it. */
interface Pending {
  readonly change: Change;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** The request that is under way holds it already. */
  carried?: boolean;
}

/** The address without the cursor of somebody else, and with ours. */
function addressOf(url: string, cursor?: string): string {
  const [, bare, query] = /^([^?#]*)([^#]*)/.exec(url)!;
  const params = new URLSearchParams(query);
  params.delete("cursor");
  if (cursor) params.set("cursor", cursor);
  return `${bare}${`${params}` && "?"}${params}`;
}

/** Whether a later attempt would be answered the same: servers recover, and so do the tokens of users. */
const isFinal = (status: number | undefined): boolean => /^4(?!0[138]|2[59])/.test(`${status}`);

/**
 * Connects to a `syncHandler`, and stays connected: through lost and silent connections, errors of any status, sleep, and
 * servers that are replaced, it goes on from where it was, or begins anew. `value` is always whole.
 *
 * It waits between attempts, each wait chosen at random up to twice the one before (30 s at most), and not less than
 * `Retry-After`. `state` and `reason` tell how it is. An answer of 204 closes it. It does not throw: what fails is a
 * `reason`, or an `error` event.
 *
 * @example
 * const live = connect<Live>("/live", { headers: () => ({ authorization: `Bearer ${token()}` }) });
 * live.on("transition", () => render(live.value!.products));
 * await live.set("reviews", { productId: "p1" });
 */
export function connect<Q extends Offered = Offered>(
  url: string | URL,
  options: ConnectOptions<Q> = {},
): RemoteConnection<Q> {
  const { params = {}, initial, retryMs = 1_000, headers, credentials, open: source } = options;
  const views = new Map<string, View>();
  let connection: string | undefined;
  /** Made while no server could take them. */
  let pending: Pending[] = [];
  /** Changes are made one after another, or an older one could win. */
  let turn: Promise<unknown> = Promise.resolve();
  /** The subscriptions that this connection has, or is asked for. */
  let known = new Set<string>();
  let groups = 0;

  const request = async (init: object, accept: string, address = addressOf(`${url}`)): Promise<Response> => {
    const own = typeof headers === "function" ? await headers() : headers;
    const type = { "content-type": "application/json" };
    const all = { accept, ...("body" in init ? type : {}), ...own };
    // Not all of it is known to the types of every runtime.
    const whole: object = { ...init, cache: "no-store", credentials, headers: all };
    return (options.fetch ?? fetch)(address, whole);
  };

  const post = async (change: Change): Promise<Reason | undefined> => {
    const body = JSON.stringify({ connection, ...change });
    const response = await request({ method: "POST", body }, "application/json");
    return response.ok ? undefined : reasonOf(response);
  };

  /** A change that this connection does not take is part of the next one. */
  const make = async (change: Change): Promise<void> => {
    let waiting: Promise<void> | undefined;
    const wait = () => {
      waiting = new Promise((resolve, reject) => pending.push({ change, resolve, reject }));
    };
    const made = turn.then(async () => {
      if (remote.state === "closed") throw errorOf(because("closed"));
      const used = connection;
      if (!used) return wait();
      const reason = await post(change).catch(unreachable);
      if (!reason) return;
      const { code, status } = reason;
      // Who may not change the stream may still read it.
      if (code !== "unknown_connection" && status && status < 500) throw errorOf(reason);
      wait();
      if (connection === used) link_.lost(reason);
    });
    turn = made.catch(() => {});
    await made;
    await waiting;
  };

  /** Subscriptions that come and go together are one request. */
  const flush = (): void =>
    queueMicrotask(() => {
      const coming = [...views.values()].filter(({ group }) => !known.has(group));
      const drop = [...known].filter((group) => !views.has(group));
      if (!connection || coming.length + drop.length === 0) return;
      known = new Set(views.keys());
      make({ add: coming.map((view) => view.asked()), drop }).catch((error: RemoteFailure) => {
        for (const view of coming) view.fail(error);
      });
    });

  const show = (group: string, labels: Iterable<readonly [string, Asked]>): View => {
    const view = viewOf(
      group,
      new Map(labels),
      (version) => {
        // Without a connection, the first thing that the next one tells is as new.
        if (connection) post({ until: [group, `${version}`] }).catch(() => {});
      },
      () => {
        views.delete(group);
        flush();
      },
    );
    views.set(group, view);
    return view;
  };

  const main = show(
    "",
    Object.entries(params).map(([label, given]) => [label, [label, given]]),
  );
  const { close } = main;
  const remote = Object.assign(main, {
    state: "connecting" as ConnectionState,
    reason: undefined as Reason | undefined,
  });
  if (typeof initial === "string") main.take(initial, "");
  else if (initial?.value) {
    main.value = initial.value as View["value"];
    main.cursor = initial.cursor;
  }

  const link_ = link(
    {
      open(on) {
        for (const each of pending) each.carried = true;
        known = new Set(views.keys());
        const address = addressOf(`${url}`, main.asked().cursor);
        if (source) return sourceStream(source(address), on);
        // A stream by GET is one that every server and proxy knows.
        const plain = views.size === 1 && main.labels.size === 0;
        const open = [...views.values()].map((view) => view.asked());
        const init = plain ? {} : { method: "POST", body: JSON.stringify({ open }) };
        return fetchStream(
          (signal) => request({ ...init, signal }, "text/event-stream", plain ? address : undefined),
          on,
        );
      },
      event(type, data, id) {
        if (type === "fault") {
          const fault = JSON.parse(data) as Fault;
          const view = views.get(fault.group!);
          if (view === main || /^(invalid_cursor|subscription_overflow)$/.test(fault.code)) link_.lost(fault);
          else view?.fail(errorOf(fault));
          return;
        }
        const view = views.get(type.slice(5));
        if (view?.take(data, id)) link_.live();
        else if (view) link_.lost(because("broken"));
      },
      comment(text) {
        if (text[0] !== "h") return;
        const hello = JSON.parse(text.slice(5)) as Hello;
        connection = hello.connection;
        link_.heartbeat(hello.heartbeatMs);
        // The first event comes with it.
        queueMicrotask(() => {
          link_.live();
          for (const { carried, change, resolve, reject } of pending.splice(0)) {
            if (carried) resolve();
            else make(change).then(resolve, reject);
          }
          flush();
        });
      },
      lost(reason) {
        connection = undefined;
        if (reason.code === "invalid_cursor") for (const view of views.values()) view.cursor = "";
        if (!isFinal(reason.status)) return;
        for (const { carried, reject } of pending) if (carried) reject(errorOf(reason));
        pending = pending.filter(({ carried }) => !carried);
      },
      state(...state) {
        [remote.state, remote.reason] = state;
        main.emit("state", ...state);
      },
      holdsValue: () => [...views.values()].some(({ value }) => value),
    },
    retryMs,
  );

  const relabel = async (label: string, next: Asked | undefined, change: Change): Promise<void> => {
    if (source) throw errorOf({ code: "needs_fetch", message: "Parameters need fetch." });
    const { labels } = main;
    const before = labels.get(label);
    const enter = (asked: Asked | undefined) => (asked ? labels.set(label, asked) : labels.delete(label));
    enter(next);
    try {
      await make(change);
    } catch (error) {
      if (labels.get(label) === next) enter(before);
      throw error;
    }
  };

  return Object.assign(remote, {
    set: (label: string, given: unknown) =>
      relabel(label, [label, given], { set: ["", label, label, given] }),
    drop: (label: string) => relabel(label, undefined, { unset: ["", label] }),
    watch: (query: string, given: unknown) => {
      const view = show(`${++groups}`, [[query, [query, given]]]);
      flush();
      return view;
    },
    close() {
      link_.close();
      close();
      for (const view of views.values()) view.close();
      for (const { reject } of pending.splice(0)) reject(errorOf(because("closed")));
    },
  }) as unknown as RemoteConnection<Q>;
}
