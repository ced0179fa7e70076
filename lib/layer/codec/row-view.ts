/** A row as index maintenance and the change log see it: the record with its stored values. */

import type { Body } from "./body.js";

export interface RowView extends Body {
  readonly record: object;
}
