/** The lines of an export one by one, checked against each other: the header first, nothing lost, doubled or behind the end. */

import { ImportError } from "../../errors.js";
import type { EndLine, HeaderLine, Line } from "./format.js";
import { parseHeader, parseLine } from "./parse-line.js";
import { SumCheck } from "./running-sum.js";

/** A line with its number, and the characters it has. */
export type NumberedLine = (
  | Exclude<Line, { kind: "end" }>
  | { readonly kind: "header"; readonly line: HeaderLine }
) & {
  readonly at: number;
  readonly size: number;
};

/**
 * Gives the header, then every line up to the end, and returns only when the totals and the checksum of the last line are
 * those of the lines before it. A carriage return before a line feed and a byte order mark are no damage.
 *
 * @throws ImportError that names the line
 */
export async function* verifiedLines(
  lines: AsyncIterable<string>,
): AsyncGenerator<NumberedLine, void, undefined> {
  const sum = new SumCheck();
  const total = { rows: 0, keys: 0 };
  let at = 0;
  let header: HeaderLine | undefined;
  let ended = false;
  for await (const raw of lines) {
    at++;
    const text = withoutReturn(at === 1 ? withoutMark(raw) : raw);
    if (text === "" && at > 1) continue;
    if (ended) {
      throw new ImportError(`Line ${at} stands behind the end of the export; two files were joined.`);
    }
    if (header === undefined) {
      header = parseHeader(text);
      sum.line(text, at);
      yield { kind: "header", line: header, at, size: text.length };
      continue;
    }
    const parsed = parseLine(text, at);
    if (parsed.kind === "end") {
      checkTotals(parsed.line.end, total);
      sum.last(text, at);
      ended = true;
      continue;
    }
    sum.line(text, at);
    total[parsed.kind === "row" ? "rows" : "keys"]++;
    yield { ...parsed, at, size: text.length };
  }
  if (at === 0) throw new ImportError("There is nothing to import: the input is empty.");
  if (ended) return;
  throw new ImportError(
    `The file ends without its last line after ${total.rows} records: it was cut off. Export the tenant again.`,
  );
}

const withoutMark = (text: string): string => (text.startsWith("\ufeff") ? text.slice(1) : text);

/** JSON has no carriage return but one that an editor or a transfer has put before the line feed. */
const withoutReturn = (text: string): string => (text.endsWith("\r") ? text.slice(0, -1) : text);

function checkTotals(end: EndLine["end"], total: { readonly rows: number; readonly keys: number }): void {
  if (end.rows === total.rows && end.keys === total.keys) return;
  throw new ImportError(
    `The export held ${end.rows} records and ${end.keys} keys, the file has ${total.rows} and ${total.keys}: ` +
      "lines are missing or doubled. Export the tenant again.",
  );
}
