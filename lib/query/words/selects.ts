/** The type of anything that yields rows: a query of any schema. */

export declare const rowType: unique symbol;

/** Anything that yields rows of type `Row`: a query of any schema. */
export interface Selects<Row> {
  readonly [rowType]?: Row;
}
