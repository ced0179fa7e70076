/** How a live query carries its types to a browser, where nothing of the server is known. */

declare const types: unique symbol;

/** Something whose value is an `R` and whose changes tell of `C`s; only the compiler looks at it. */
export interface Typed<R, C> {
  readonly [types]?: { readonly value: R; readonly row: C };
}
