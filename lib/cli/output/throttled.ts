/** A progress that is shown only now and then, however often it is updated. */

import type { Progress, ProgressState } from "./output.js";

/** Shows a state at most once in `everyMs`, and the last one unless everything was over before that. */
export function throttled(
  now: () => number,
  everyMs: number,
  show: (state: ProgressState, elapsedMs: number) => void,
): Progress {
  const startedAt = now();
  let shownAt = startedAt;
  let pending: ProgressState | undefined;
  let shown = false;
  let ended = false;
  const flush = (): void => {
    if (pending === undefined) return;
    shown = true;
    shownAt = now();
    show(pending, shownAt - startedAt);
    pending = undefined;
  };
  return {
    update(state) {
      if (ended) return;
      pending = state;
      if (now() - shownAt >= everyMs) flush();
    },
    end() {
      if (!ended && (shown || now() - startedAt >= everyMs)) flush();
      ended = true;
    },
  };
}
