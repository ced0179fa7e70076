import type { Report } from "../harness/report.js";
import type { LiveStore } from "./contender.js";

type Cell = string | number;

/** One line of a table: a store, and what was measured of it. */
export interface Line {
  readonly store: Pick<LiveStore, "name">;
  readonly cells: readonly Cell[];
  /** The number that ratios compare. */
  readonly compared: number;
}

/**
 * A table of stores doing the same, the first of them Plinth; the last column is how many times Plinth is better.
 *
 * @param better whether less of the compared number is better, or more
 */
export function versus(
  report: Report,
  title: string,
  head: readonly string[],
  lines: readonly Line[],
  compared: { readonly name: string; readonly better: "less" | "more" },
): void {
  const own = lines[0]!.compared;
  const rows = lines.map(({ store, cells, compared: other }, i) => {
    const ratio = compared.better === "less" ? other / own : own / other;
    return [store.name, ...cells, i === 0 ? "" : ratio];
  });
  report.table(title, ["store", ...head, `Plinth is better by, ${compared.name}`], rows);
}
