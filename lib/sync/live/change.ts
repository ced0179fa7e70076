/** The changes that lead from one list to the next, and `applyChanges`, which applies them. */

/** One step from a list to the next; applied in order, the steps of a transition lead from the old value to the new. */
export type Change<T> = InsertChange<T> | UpdateChange<T> | DeleteChange<T>;

/** A row entered at `index` of the list as it is after the steps before this one. */
export interface InsertChange<T> {
  /** Tells it from the other steps. */
  readonly op: "insert";
  /** The primary key (the id, for `each` and `many`); `null` for a count or a signal. */
  readonly key: unknown;
  /** The row as it is now. */
  readonly row: T;
  /** Its place in the list, from 0; 0 for a single value. */
  readonly index: number;
}

/** A row changed, moved (`from` differs from `index`), or both: taken out at `from`, put back at `index`. */
export interface UpdateChange<T> {
  /** Tells it from the other steps. */
  readonly op: "update";
  /** The primary key, as in {@link InsertChange}. */
  readonly key: unknown;
  /** The row as it is now. */
  readonly row: T;
  /** The row as it was. */
  readonly before: T;
  /** The fields whose values differ. */
  readonly changed: readonly (keyof T)[];
  /** The place where it is put, from 0, in the list without it. */
  readonly index: number;
  /** The place from which it is taken, from 0. */
  readonly from: number;
  /**
   * Fields of `before` that are null there because nobody kept their values. Absent in what a subscription is told
   * as it happens; after a resume and in consumers, changed values that were too large for the log.
   */
  readonly unknown?: readonly (keyof T)[];
}

/** The row at `index` left. */
export interface DeleteChange<T> {
  /** Tells it from the other steps. */
  readonly op: "delete";
  /** The primary key, as in {@link InsertChange}. */
  readonly key: unknown;
  /** The row as it was. */
  readonly before: T;
  /** The place that it leaves, from 0. */
  readonly index: number;
  /** As in {@link UpdateChange}. */
  readonly unknown?: readonly (keyof T)[];
}

/**
 * Applies changes in order to the value before them, and gives the list that they lead to; the given one stays as it is.
 *
 * @example
 * page.on("change", ({ previous, changes }) => {
 *   const reviews = applyChanges(previous.reviews ?? [], changes.reviews ?? []); // what page.value.reviews holds now
 * });
 */
export function applyChanges<T>(list: readonly T[], changes: readonly Change<T>[]): T[] {
  const next = list.slice();
  for (const change of changes) {
    if (change.op === "insert") next.splice(change.index, 0, change.row);
    else if (change.op === "delete") next.splice(change.index, 1);
    else if (change.from === change.index) next[change.index] = change.row;
    else {
      next.splice(change.from, 1);
      next.splice(change.index, 0, change.row);
    }
  }
  return next;
}
