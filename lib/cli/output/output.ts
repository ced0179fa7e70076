/** How a verb speaks to people and programs, whatever shows what it says. */

/** How far something has come. */
export interface ProgressState {
  readonly done: number;
  /** Absent while it is not known. */
  readonly total?: number;
  /** Beside the numbers, for example the tenant at work. */
  readonly detail?: string;
}

/** One running display; the last state is shown when it ends. */
export interface Progress {
  update(state: ProgressState): void;
  /** Ends the display; further updates are ignored. */
  end(): void;
}

/** A table's column: text to the left, numbers to the right. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/**
 * Where a verb speaks. What it found goes to stdout, everything about the way there (progress, notes, questions,
 * errors) to stderr, so that results can be piped.
 *
 * A verb calls `result` for programs and `line` or `table` for people with the same content; each kind of output
 * shows one of the two.
 */
export interface Output {
  readonly mode: "terminal" | "plain" | "json";
  /** A line for people. */
  line(text?: string): void;
  /** A table for people. */
  table(columns: readonly Column[], rows: readonly (readonly string[])[]): void;
  /** Lines for people that take the place of the frame before, where the output can go back; else they follow it. */
  frame(lines: readonly string[]): void;
  /** A result for programs: one line of JSON. bigint becomes text, bytes become base64. */
  result(value: object): void;
  /** A remark on stderr. */
  note(text: string): void;
  /** A failure on stderr. */
  error(failure: Failure): void;
  /** @param unit what is counted, in the plural: "rows" */
  progress(label: string, unit: string): Progress;
  /** A yes-or-no question; `undefined` when nobody can be asked. */
  ask(question: string): Promise<boolean | undefined>;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
}
