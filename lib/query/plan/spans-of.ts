/** Makes the key ranges of a plan out of the values and the range that the conditions fix. */

import { concatBytes } from "../../engine/index.js";
import {
  everything,
  intersect,
  nullValue,
  type Piece,
  type Point,
  presentValues,
  show,
} from "../evaluate/index.js";
import type { PathOrder } from "./match-order.js";
import type { PathMatch } from "./match-path.js";
import type { Span } from "./plan.js";

/** One value for each fixed field. */
interface Combination {
  readonly bytes: Uint8Array;
  readonly points: readonly Point[];
  /** The places of the values in their lists. */
  readonly ranks: readonly number[];
}

/** Every combination of the fixed values as one span for each piece of the range, in the order of delivery. */
export function spansOf(match: PathMatch, order: PathOrder): readonly Span[] {
  const { fixed, range, path } = match;
  let combinations: Combination[] = [{ bytes: Buffer.alloc(0), points: [], ranks: [] }];
  for (const { points } of fixed) {
    combinations = combinations.flatMap((combination) =>
      points.map((point, rank) => ({
        bytes: combination.points.length === 0 ? point.bytes : concatBytes(combination.bytes, point.bytes),
        points: [...combination.points, point],
        ranks: [...combination.ranks, rank],
      })),
    );
  }
  if (order.arrange === "sequence" && combinations.length > 1) {
    const at = (field: string) => fixed.findIndex((one) => one.field === field);
    const terms = order.order.filter(({ field }) => at(field) >= 0);
    combinations.sort((a, b) => {
      for (const { field, direction } of terms) {
        const difference = a.ranks[at(field)]! - b.ranks[at(field)]!;
        if (difference !== 0) return direction === "desc" ? -difference : difference;
      }
      return 0;
    });
  }
  const complete = range === undefined && fixed.length === path.narrowing.length;
  const inKeys: readonly (Piece | undefined)[] =
    order.nullsApart === true ? nullsLast(range?.pieces ?? everything) : (range?.pieces ?? [undefined]);
  const pieces = order.reverse ? inKeys.toReversed() : inKeys;
  return combinations.flatMap((combination) => {
    const { bytes, points } = combination;
    const hasNull = points.some(({ value }) => value === null);
    return pieces.map((piece) => ({
      begin: piece === undefined ? bytes : concatBytes(bytes, piece.begin),
      end: concatBytes(bytes, piece?.end ?? afterAll),
      prefixLength: bytes.length,
      // A key holds no null where it is unique; rows with a null there are told apart by their primary key.
      point: complete && (path.index === undefined || (path.index.unique && !hasNull)),
      text: () => textOf(match, combination, piece),
    }));
  });
}

/** The pieces with the empty values behind all others. */
const nullsLast = (pieces: readonly Piece[]): readonly Piece[] => [
  ...intersect(pieces, presentValues),
  ...intersect(pieces, nullValue),
];

const afterAll: Uint8Array = Buffer.from([0xff]);

function textOf(
  { fixed, range, path }: PathMatch,
  { points }: Combination,
  piece: Piece | undefined,
): string {
  const texts = points.map(({ value }, i) => `${fixed[i]!.field} = ${show(value)}`);
  if (piece !== undefined)
    texts.push(`${(range ?? { field: path.fields[fixed.length] }).field} ${piece.text}`);
  return texts.join(", ") || "everything";
}
