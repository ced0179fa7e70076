/** Output for programs: JSON lines. */

import { toJsonLine } from "./json.js";
import type { Column, Failure, Progress } from "./output.js";
import { StreamOutput } from "./stream-output.js";
import { throttled } from "./throttled.js";

const EVERY_MS = 1_000;

/** JSON lines: results on stdout; `{"progress": …}`, `{"note": …}` and `{"error": …}` on stderr. */
export class JsonOutput extends StreamOutput {
  readonly mode = "json";

  override line(_text?: string): void {}

  override table(_columns: readonly Column[], _rows: readonly (readonly string[])[]): void {}

  override frame(_lines: readonly string[]): void {}

  override result(value: object): void {
    this.environment.stdout.write(`${toJsonLine(value)}\n`);
  }

  override note(text: string): void {
    this.environment.stderr.write(`${toJsonLine({ note: text })}\n`);
  }

  override error(failure: Failure): void {
    this.environment.stderr.write(`${toJsonLine({ error: failure })}\n`);
  }

  progress(label: string, unit: string): Progress {
    return throttled(this.now, EVERY_MS, (state, elapsedMs) =>
      this.environment.stderr.write(`${toJsonLine({ progress: { label, unit, ...state, elapsedMs } })}\n`),
    );
  }
}
