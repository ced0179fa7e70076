/** The public types of what a consumer processes: batches of whole commits, and their changes. */

import type { Repo } from "../../repo/index.js";
import type { Change, ChangeOf, Version } from "../live/index.js";

/** A change without its place in a list: consumers process each change of each commit, not a list. */
export type BatchChange<T> =
  Change<T> extends infer C ? (C extends unknown ? Omit<C, "index" | "from"> & Unknown<T> : never) : never;

interface Unknown<T> {
  /**
   * Fields that nobody kept, because their values are too large for the log: null in `before`, and in `row` when the
   * row is gone by now.
   */
  readonly unknown?: readonly (keyof T)[];
}

/** What a consumer processes in one transaction: whole commits, in order. */
export interface Batch<Q> {
  /**
   * `initial` (nothing was told before) and `cursor-expired` (forget what was told: changes are missing) begin to tell
   * the rows there are, as inserts; where these are more than about 1,000, the rest follows with `change`, between the
   * changes that happen meanwhile to rows that were told.
   */
  readonly reason: "initial" | "change" | "cursor-expired";
  /** Every change of every commit, in commit order; a row that changed twice is told twice. */
  readonly changes: { readonly [L in keyof Q]: readonly BatchChange<ChangeOf<Q[L]>>[] };
  /** All commits up to this version are processed once the batch is, as far as they are about rows that were told. */
  readonly version: Version;
  /** Commits that took part. */
  readonly commits: number;
}

/**
 * Processes a batch in the transaction `tx`, which runs again with a retry; what it throws ends the consumer and undoes the
 * batch.
 */
export type BatchHandler<Q> = (batch: Batch<Q>, tx: Repo) => unknown;
