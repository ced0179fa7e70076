/** The problems that a check of a tenant can find, and the report it makes of them. */

import type { Bytes } from "../../layer/index.js";

/** What can be wrong in a tenant. */
export type ProblemKind =
  | "missing-entry"
  | "wrong-entry"
  | "orphan-entry"
  | "wrong-count"
  | "damaged-record"
  | "orphan-chunk"
  | "unfinished-index";

/** One inconsistency that a check has found. */
export interface Problem {
  /** What is wrong. */
  readonly kind: ProblemKind;
  /** The source of the records. */
  readonly source: string;
  /** The index or counter; null for records and chunks. */
  readonly index: string | null;
  /** The record concerned, by its key items as text; empty when there is none. */
  readonly record: readonly string[];
  /** What was found and what should be there, for people. */
  readonly detail: string;
  /** The check has put it right. */
  readonly repaired: boolean;
}

/** What a check has compared and found so far. */
export interface CheckReport {
  /** What is wrong, in the order in which it was found. */
  readonly problems: readonly Problem[];
  /** The sources that were looked at. */
  readonly sources: readonly string[];
  /** Records that were compared. */
  readonly rows: number;
  /** Index entries that were compared. */
  readonly entries: number;
  /** Counters that were compared. */
  readonly counters: number;
}

/** Collects what a check finds. */
export class Findings {
  readonly problems: Problem[] = [];
  readonly sources = new Set<string>();
  rows = 0;
  entries = 0;
  counters = 0;

  add(problem: Problem): void {
    this.problems.push(Object.freeze(problem));
  }

  report(): CheckReport {
    return Object.freeze({
      problems: Object.freeze([...this.problems]),
      sources: Object.freeze([...this.sources].sort()),
      rows: this.rows,
      entries: this.entries,
      counters: this.counters,
    });
  }
}

export interface CheckStep {
  /** Where the next step begins; undefined at the end. */
  readonly next: Bytes | undefined;
  readonly compared: number;
  readonly problems: readonly Problem[];
}
