/** The conditions of one field in one piece, as a set of values or a range, and whether one implies another. */

import { compareBytes } from "../../engine/index.js";
import { holds, type Piece, type Point } from "./pieces.js";

/** All conditions of one field, folded: a set of values, or ranges of bytes. */
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
      /** What lies between `begin` and `end`, in order: one piece unless something in between is left out. */
      readonly pieces: readonly Piece[];
    };

export const isEmptyConstraint = (c: Constraint): boolean => c.kind === "points" && c.points.length === 0;

/** Every value that `inner` allows is allowed by `outer`. */
export function impliesConstraint(inner: Constraint, outer: Constraint): boolean {
  if (inner.kind === "points") {
    return inner.points.every((p) =>
      outer.kind === "points"
        ? outer.points.some((o) => compareBytes(o.bytes, p.bytes) === 0)
        : outer.pieces.some((piece) => holds(piece, p.bytes)),
    );
  }
  if (outer.kind === "points") return false;
  return inner.pieces.every(({ begin, end }) =>
    outer.pieces.some((piece) => compareBytes(piece.begin, begin) <= 0 && compareBytes(end, piece.end) <= 0),
  );
}
