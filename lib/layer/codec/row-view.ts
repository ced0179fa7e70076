import type { Body } from "./body.js";

/** A row as index maintenance sees it: the record, its stored values, and the fields its schema does not know. */
export interface RowView extends Body {
  readonly record: object;
}
