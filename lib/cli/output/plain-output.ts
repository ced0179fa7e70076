/** Output in lines without colours or cursor movement, for pipes and logs. */

import type { Progress } from "./output.js";
import { progressLine } from "./progress-line.js";
import { StreamOutput } from "./stream-output.js";
import { throttled } from "./throttled.js";

/** Between two lines about the same thing. */
const EVERY_MS = 2_000;

export class PlainOutput extends StreamOutput {
  readonly mode = "plain";

  progress(label: string, unit: string): Progress {
    return throttled(this.now, EVERY_MS, (state, elapsedMs) =>
      this.note(progressLine(state, { label, unit, elapsedMs }, false)),
    );
  }
}
