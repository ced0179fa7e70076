/** Makes the key ranges of a plan out of the values and the range that the conditions fix. */

import { concatBytes } from "../../engine/index.js";
import { type Piece, show } from "../evaluate/index.js";
import type { PathOrder } from "./match-order.js";
import type { PathMatch } from "./match-path.js";
import type { Span } from "./plan.js";

/** Every combination of the fixed values as one span, in the order of delivery. */
export function spansOf(match: PathMatch, order: PathOrder): readonly Span[] {
  interface Combination {
    readonly bytes: Uint8Array;
    readonly texts: readonly string[];
    readonly ranks: ReadonlyMap<string, number>;
    readonly hasNull: boolean;
  }
  let combinations: Combination[] = [{ bytes: Buffer.alloc(0), texts: [], ranks: new Map(), hasNull: false }];
  for (const { field, points } of match.fixed) {
    combinations = combinations.flatMap((combination) =>
      points.map((point, rank) => ({
        bytes: concatBytes(combination.bytes, point.bytes),
        texts: [...combination.texts, `${field} = ${show(point.value)}`],
        ranks: points.length === 1 ? combination.ranks : new Map(combination.ranks).set(field, rank),
        hasNull: combination.hasNull || point.value === null,
      })),
    );
  }
  if (order.arrange === "sequence" && combinations.length > 1) {
    const terms = order.order.filter(({ field }) => combinations[0]!.ranks.has(field));
    combinations.sort((a, b) => {
      for (const { field, direction } of terms) {
        const difference = a.ranks.get(field)! - b.ranks.get(field)!;
        if (difference !== 0) return direction === "desc" ? -difference : difference;
      }
      return 0;
    });
  }
  const { range, path } = match;
  const complete = range === undefined && match.fixed.length === path.narrowing.length;
  const pieces: readonly (Piece | undefined)[] =
    range === undefined ? [undefined] : order.reverse ? range.pieces.toReversed() : range.pieces;
  return combinations.flatMap(({ bytes, texts, hasNull }) =>
    pieces.map((piece) => ({
      begin: piece === undefined ? bytes : concatBytes(bytes, piece.begin),
      end: concatBytes(bytes, piece?.end ?? Buffer.from([0xff])),
      prefixLength: bytes.length,
      // A key holds no null where it is unique; rows with a null there are told apart by their primary key.
      point: complete && (path.index === undefined || (path.index.unique && !hasNull)),
      text:
        [...texts, ...(piece === undefined ? [] : [`${range!.field} ${piece.text}`])].join(", ") ||
        "everything",
    })),
  );
}
