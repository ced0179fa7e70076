/** The conditions of one field in one piece, as a set of values or a range, and whether one implies another. */

import { compareBytes } from "../../engine/index.js";

/** One value a field may have: its bytes as an element of a key. */
export interface Point {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

/** All conditions of one field, folded: a set of values or one range of bytes. */
export type Constraint =
  | { readonly field: string; readonly kind: "points"; readonly points: readonly Point[] }
  | {
      readonly field: string;
      readonly kind: "range";
      /** Inclusive. */
      readonly begin: Uint8Array;
      /** Exclusive. */
      readonly end: Uint8Array;
      readonly text: string;
    };

export const isEmptyConstraint = (c: Constraint): boolean => c.kind === "points" && c.points.length === 0;

/** Every value that `inner` allows is allowed by `outer`. */
export function impliesConstraint(inner: Constraint, outer: Constraint): boolean {
  if (inner.kind === "points") {
    return inner.points.every((p) =>
      outer.kind === "points"
        ? outer.points.some((o) => compareBytes(o.bytes, p.bytes) === 0)
        : compareBytes(p.bytes, outer.begin) >= 0 && compareBytes(p.bytes, outer.end) < 0,
    );
  }
  return (
    outer.kind === "range" &&
    compareBytes(outer.begin, inner.begin) <= 0 &&
    compareBytes(inner.end, outer.end) <= 0
  );
}
