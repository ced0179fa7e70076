import type { Progress, ProgressState } from "./output.js";
import { progressLine } from "./progress-line.js";
import { StreamOutput } from "./stream-output.js";

/** Between two lines about the same thing. */
const EVERY_MS = 2_000;

/** Lines without colours or cursor movement, for pipes and logs. */
export class PlainOutput extends StreamOutput {
  readonly mode = "plain";

  progress(label: string, unit: string): Progress {
    return throttled(this.now, EVERY_MS, (state, elapsedMs) =>
      this.note(progressLine(state, { label, unit, elapsedMs }, false)),
    );
  }
}

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
