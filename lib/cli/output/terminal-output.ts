/** Output for people at a terminal: a bar that redraws itself in place, titles in bold, questions. */

import { createInterface } from "node:readline/promises";
import type { Progress, ProgressState } from "./output.js";
import { progressLine } from "./progress-line.js";
import { StreamOutput } from "./stream-output.js";
import { throttled } from "./throttled.js";
import { visible } from "./visible.js";

/** Ten frames a second look smooth and cost nothing. */
const EVERY_MS = 100;
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;
const ERASE_LINE = "\r\u001b[2K";

export class TerminalOutput extends StreamOutput {
  readonly mode = "terminal";
  /** What stands on the last line of the terminal now. */
  #bar = "";
  #frameLines = 0;

  protected override print(text: string): void {
    this.#above(() => super.print(text));
  }

  protected override printError(text: string): void {
    this.#above(() => super.printError(text));
  }

  /** Cut to the window: what has scrolled away cannot be drawn over. */
  override frame(lines: readonly string[]): void {
    const { stdout } = this.environment;
    const rows = (stdout.rows || DEFAULT_ROWS) - 1;
    const shown = lines.length > rows ? [...lines.slice(0, rows - 1), "…"] : lines;
    const back = this.#frameLines > 0 ? `\u001b[${this.#frameLines}A` : "";
    stdout.write(`${back}\u001b[J${shown.map((line) => `${fit(line, stdout.columns)}\n`).join("")}`);
    this.#frameLines = shown.length;
  }

  progress(label: string, unit: string): Progress {
    let last: string | undefined;
    const draw = (state: ProgressState, elapsedMs: number): void => {
      last = progressLine(state, { label, unit, elapsedMs }, true);
      this.#bar = fit(last, this.environment.stderr.columns);
      this.environment.stderr.write(ERASE_LINE + this.#bar);
    };
    const inner = throttled(this.now, EVERY_MS, draw);
    let ended = false;
    return {
      update: (state) => inner.update(state),
      end: () => {
        if (ended) return;
        ended = true;
        inner.end();
        if (last === undefined) return;
        this.#bar = "";
        this.environment.stderr.write("\n");
      },
    };
  }

  override async ask(question: string): Promise<boolean | undefined> {
    const { stdin, stderr, signal } = this.environment;
    if (stdin.isTTY !== true) return undefined;
    const prompt = createInterface({ input: stdin, output: stderr });
    try {
      const answer = await prompt.question(`${question} [y/N] `, signal === undefined ? {} : { signal });
      return /^y(es)?$/i.test(answer.trim());
    } finally {
      prompt.close();
    }
  }

  /** Prints above the bar, which moves down. */
  #above(print: () => void): void {
    if (this.#bar === "") {
      print();
      return;
    }
    this.environment.stderr.write(ERASE_LINE);
    print();
    this.environment.stderr.write(this.#bar);
  }
}

/** Some terminals do not tell their size, or say 0. */
function fit(text: string, width: number | undefined): string {
  const columns = width || DEFAULT_COLUMNS;
  const plain = visible(text);
  return plain.length < columns ? plain : `${plain.slice(0, columns - 2)}…`;
}
