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
  readonly kind: ProblemKind;
  readonly source: string;
  /** The index or counter; null for records and chunks. */
  readonly index: string | null;
  /** The record concerned, by its key items as text; empty when there is none. */
  readonly record: readonly string[];
  readonly detail: string;
  /** The check has put it right. */
  readonly repaired: boolean;
}

export interface CheckReport {
  readonly problems: readonly Problem[];
  readonly sources: readonly string[];
  /** Records, index entries and counters that were compared. */
  readonly rows: number;
  readonly entries: number;
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
