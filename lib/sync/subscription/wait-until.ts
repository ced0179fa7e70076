/** Waits until a subscription shows a version: read your own writes. */

import { onAbort } from "../call/index.js";

/** Options of `subscription.until`. */
export interface UntilOptions {
  /** Ends the wait, which rejects with its reason. Default: none. */
  readonly signal?: AbortSignal;
  /** Milliseconds after which the wait rejects with a `TimeoutError`. Default: no limit. */
  readonly timeoutMs?: number;
}

/** What a wait needs of its subscription. */
export interface WaitHost {
  /** Resolves when the version is there; lets go with the signal. */
  reached(ended: AbortSignal): Promise<void>;
  onClose(closed: () => void, ended: AbortSignal): void;
  /** Why it never will be. */
  closedError(): unknown;
}

/** Rejects on abort, timeout or the subscription's end, and leaves no listener behind. */
export async function waitUntil(host: WaitHost, options: UntilOptions): Promise<void> {
  const ended = new AbortController();
  const waiting = [host.reached(ended.signal), interrupted(host, options, ended.signal)];
  await Promise.race(waiting).finally(() => ended.abort());
}

function interrupted(host: WaitHost, options: UntilOptions, ended: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const { signal, timeoutMs } = options;
    if (signal !== undefined)
      onAbort(
        ended,
        onAbort(signal, () => reject(signal.reason)),
      );
    host.onClose(() => reject(signal?.aborted === true ? signal.reason : host.closedError()), ended);
    if (timeoutMs === undefined) return;
    const timer = setTimeout(() => {
      reject(new DOMException(`The version was not reached within ${timeoutMs} ms.`, "TimeoutError"));
    }, timeoutMs);
    ended.addEventListener("abort", () => clearTimeout(timer), { once: true });
  });
}
