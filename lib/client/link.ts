/** Keeps a connection: opens it, notices when it is gone, waits, and opens it again, for as long as it is wanted. */

import { because } from "./remote-error.js";
import type { StreamEvents } from "./streams.js";
import type { ConnectionState, Reason } from "./types.js";

/** What a link needs of those who use it. */
export interface LinkHost {
  /** Opens a stream; gives what closes it. */
  open(on: StreamEvents): () => void;
  event(type: string, data: string, id: string): void;
  comment(text: string): void;
  /** A stream was lost, before the next one is waited for. */
  lost(reason: Reason): void;
  state(state: ConnectionState, reason: Reason | undefined): void;
  /** Whether something is shown that may be old by now. */
  holdsValue(): boolean;
}

export interface Link {
  /** Everything is as it should be. */
  live(): void;
  /** The server says something at least this often. */
  heartbeat(ms: number): void;
  /** The stream is gone, or is given up; another one is opened after a wait that no two clients share. */
  lost(reason: Reason): void;
  close(): void;
}

interface Page {
  readonly document?: { readonly visibilityState: string };
  readonly navigator?: { readonly onLine?: boolean };
  readonly addEventListener?: unknown;
}

const page: Page = globalThis as never;
const longest = 30_000;

/** @param baseMs milliseconds of the first wait, at most */
export function link(host: LinkHost, baseMs: number): Link {
  let state: ConnectionState = "connecting";
  /** Silence that means that nobody is there any more; before the server has said, that of its answer. */
  let silenceMs: number;
  let attempt = 0;
  let seen = 0;
  /** Of the stream that counts. */
  let close: (() => void) | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let watchdog: ReturnType<typeof setTimeout>;

  const enter = (next: ConnectionState, why?: Reason): void => {
    if (state === "closed" || (state === next && !why)) return;
    state = next;
    host.state(next, why);
  };
  const end = (): void => {
    close?.();
    clearTimeout(watchdog);
    clearTimeout(retry);
    retry = undefined;
  };
  const lost = (why: Reason): void => {
    if (state === "closed") return;
    end();
    host.lost(why);
    if (why.status === 204) return void shut(why);
    const wait = Math.random() * Math.min(longest, baseMs * 2 ** attempt++);
    const retryInMs = Math.min((why.retryInMs ?? 0) + wait, 2 ** 31 - 1);
    retry = setTimeout(open, retryInMs);
    const next = page.navigator?.onLine === false ? "offline" : host.holdsValue() ? "stale" : "connecting";
    enter(next, { ...why, retryInMs });
  };
  const silent = (): void => lost(because("silent"));
  const alive = (): void => {
    seen = Date.now();
    clearTimeout(watchdog);
    watchdog = setTimeout(silent, silenceMs);
  };
  const open = (): void => {
    end();
    silenceMs = longest;
    let over = false;
    const current = <A extends unknown[]>(tell: (...args: A) => void): ((...args: A) => void) => {
      return (...args) => over || tell(...args);
    };
    const stop = host.open({
      alive: current(alive),
      event: current(host.event),
      comment: current(host.comment),
      retry: current((ms) => {
        baseMs = ms;
      }),
      lost: current(lost),
    });
    close = () => {
      over = true;
      stop();
    };
    alive();
  };
  /** The device is back from sleep or from nowhere, or the page is looked at. */
  const woken = (): void => {
    if (page.navigator?.onLine === false) enter("offline", because("offline"));
    else if (page.document?.visibilityState === "hidden") return;
    else if (retry !== undefined || state === "offline") open();
    else if (Math.abs(Date.now() - seen) > silenceMs) silent();
  };
  const listening = (method: "addEventListener" | "removeEventListener"): void => {
    for (const type of ["online", "offline", "visibilitychange"])
      (globalThis as never as Partial<EventTarget>)[method]?.(type, woken, true);
  };
  const shut = (why: Reason): void => {
    end();
    listening("removeEventListener");
    enter("closed", why);
  };

  listening("addEventListener");
  open();
  return {
    live() {
      attempt = 0;
      enter("live");
    },
    heartbeat(ms) {
      silenceMs = ms * 2.5;
      alive();
    },
    lost,
    close: () => shut(because("closed")),
  };
}
