/** What the kinds of output have in common. */

import { styleText } from "node:util";
import { hasColours } from "./colours.js";
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
    const [titles, ...lines] = tableLines(columns, rows);
    this.print(this.style("bold", titles ?? ""));
    for (const line of lines) this.line(line);
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
    this.printError(`${this.style("red", "plinth:")} ${visible(message)} ${this.style("dim", `[${code}]`)}`);
  }

  /** Colours, where they are wanted. */
  protected style(style: "bold" | "dim" | "red", text: string): string {
    return hasColours(this.environment.env, this.mode === "terminal")
      ? styleText(style, text, { validateStream: false })
      : text;
  }

  abstract progress(label: string, unit: string): Progress;

  ask(_question: string): Promise<boolean | undefined> {
    return Promise.resolve(undefined);
  }
}
