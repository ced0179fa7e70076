/** What the kinds of output have in common. */

import type { Column, Failure, Output, Progress } from "./output.js";
import type { OutputEnvironment } from "./streams.js";
import { tableLines } from "./table.js";
import { visible } from "./visible.js";

export abstract class StreamOutput implements Output {
  abstract readonly mode: Output["mode"];
  protected readonly environment: OutputEnvironment;
  protected readonly now: () => number;

  constructor(environment: OutputEnvironment) {
    this.environment = environment;
    this.now = environment.now ?? Date.now;
  }

  line(text = ""): void {
    this.print(visible(text));
  }

  /** A line that may hold escape sequences of ours. */
  protected print(text: string): void {
    this.environment.stdout.write(`${text}\n`);
  }

  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void {
    for (const line of tableLines(columns, rows)) this.line(line);
  }

  frame(lines: readonly string[]): void {
    for (const line of lines) this.line(line);
  }

  result(_value: object): void {}

  note(text: string): void {
    this.printError(visible(text));
  }

  /** As `print`, to stderr. */
  protected printError(text: string): void {
    this.environment.stderr.write(`${text}\n`);
  }

  error({ code, message }: Failure): void {
    this.note(`plinth: ${message} [${code}]`);
  }

  abstract progress(label: string, unit: string): Progress;

  ask(_question: string): Promise<boolean | undefined> {
    return Promise.resolve(undefined);
  }
}
