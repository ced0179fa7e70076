/** The format of recorded traces: operations and the answers of a real cluster. */

/** A recorded sequence of operations with the answers of a real cluster. Keys and values are hexadecimal. */
export interface Trace {
  /** The name of the trace, for messages. */
  readonly name: string;
  /** The operations, in the order in which they were made. */
  readonly steps: readonly Step[];
}

export interface TraceSelector {
  readonly k: string;
  readonly orEqual: boolean;
  readonly offset: number;
}

/** One operation; which fields it has depends on `op`. */
export interface Step {
  /** The operation. */
  readonly op: string;
  /** Number of the transaction within the trace. */
  readonly t?: number;
  /** Number of the watch within the trace. */
  readonly w?: number;
  readonly k?: string;
  readonly v?: string;
  /** A value of so many `a` bytes. */
  readonly big?: number;
  readonly begin?: string | TraceSelector;
  readonly end?: string | TraceSelector;
  readonly orEqual?: boolean;
  readonly offset?: number;
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly snapshot?: boolean;
  readonly name?: string;
  readonly value?: number;
  readonly grv?: boolean;
  readonly code?: number;
  readonly onError?: boolean;
  readonly of?: number;
  readonly from?: "read" | "committed";
  readonly ms?: number;
  /** What the cluster answered. */
  readonly result: Result;
}

export type Result = Readonly<Record<string, unknown>>;

/** A step that an engine answers otherwise than the recording says. */
export interface Mismatch {
  /** The name of the trace. */
  readonly trace: string;
  /** Position of the step, from 0. */
  readonly step: number;
  /** The step without its result, as JSON. */
  readonly operation: string;
  /** What the cluster answered. */
  readonly expected: Result;
  /** What the engine answered. */
  readonly got: Result;
}

/**
 * Reads traces, one JSON object a line.
 *
 * @example const traces = parseTraces(await readFile("traces.jsonl", "utf8"));
 * @throws SyntaxError for a line that is no JSON
 */
export function parseTraces(text: string): Trace[] {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Trace);
}
