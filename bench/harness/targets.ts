import type { Report } from "./report.js";

/** What was to be reached, beside what was measured. */
export class Targets {
  readonly #rows: (readonly (string | number)[])[] = [];

  atMost(what: string, limit: number, measured: number): void {
    this.#rows.push([what, "at most", limit, measured, measured <= limit ? "yes" : "no"]);
  }

  atLeast(what: string, limit: number, measured: number): void {
    this.#rows.push([what, "at least", limit, measured, measured >= limit ? "yes" : "no"]);
  }

  table(report: Report): void {
    report.table("Targets", ["what", "", "target", "measured", "reached"], this.#rows);
  }
}
