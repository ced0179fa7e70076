/** One turn of a consumer: what its transaction came to, and the wait before the next one. */

import type { RepoContext } from "../../repo/index.js";

/** How long to wait, and for which watches, before the next one. */
export interface Turn {
  readonly waitMs: number;
  readonly watches: readonly Promise<void>[];
  readonly cancel: () => void;
}

/** The next one follows at once. */
export const goOn: Turn = { waitMs: 0, watches: [], cancel: () => undefined };

/** A turn that waits for some keys to change, for `waitMs` at most. */
export function waiting(ctx: RepoContext, waitMs: number, keys: readonly Uint8Array[]): Turn {
  const watches = keys.map((key) => ctx.tx.watch(key));
  return {
    waitMs,
    // A watch that fails is as good as one that fires: the next turn reads anyway.
    watches: watches.map((watch) => watch.promise.catch(() => undefined)),
    cancel: () => {
      for (const watch of watches) watch.cancel();
    },
  };
}

export async function wait(turn: Turn, signal: AbortSignal): Promise<void> {
  let over = (): void => undefined;
  const timeout = new Promise<void>((resolve) => {
    over = resolve;
  });
  const timer = setTimeout(over, turn.waitMs);
  // Aborted while the turn was under way: no event comes any more.
  if (signal.aborted) over();
  signal.addEventListener("abort", over, { once: true });
  await Promise.race([timeout, ...turn.watches]);
  clearTimeout(timer);
  signal.removeEventListener("abort", over);
  turn.cancel();
}
