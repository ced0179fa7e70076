/** A row that a plan found, and its place among the keys of the plan. */

export interface FoundRow {
  /** The record, or the covered fields of it. */
  readonly record: object;
  /** Its key relative to the plan's path. */
  readonly position: Uint8Array;
}
