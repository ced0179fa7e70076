/** Sets of values of one field as disjoint pieces in order: single values, and ranges of bytes. */

import { compareBytes, concatBytes } from "../../engine/index.js";
import { show } from "./show.js";

/** One value a field may have: its bytes as an element of a key. */
export interface Point {
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

/** A run of values. */
export interface Piece {
  /** Inclusive. */
  readonly begin: Uint8Array;
  /** Exclusive. */
  readonly end: Uint8Array;
  /** Set when the piece is one value. */
  readonly point: Point | undefined;
  /** In words, such as `>= 3`; empty for everything. */
  readonly text: string;
}

/** Above tuple null (0x00) and at or below every other element. */
export const afterNull: Uint8Array = Buffer.from([0x01]);
/** Above every element. */
export const afterAll: Uint8Array = Buffer.from([0xff]);
/** No element starts with 0xFF, so this is above every key that continues the element. */
export const after = (element: Uint8Array): Uint8Array => concatBytes(element, afterAll);

const max = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) >= 0 ? a : b);
const min = (a: Uint8Array, b: Uint8Array) => (compareBytes(a, b) <= 0 ? a : b);

export const holds = ({ begin, end }: Piece, element: Uint8Array): boolean =>
  compareBytes(element, begin) >= 0 && compareBytes(element, end) < 0;

export const pointPiece = (point: Point): Piece => ({
  begin: point.bytes,
  end: after(point.bytes),
  point,
  text: `= ${show(point.value)}`,
});

export const rangePiece = (begin: Uint8Array, end: Uint8Array, text: string): Piece => ({
  begin,
  end,
  point: undefined,
  text,
});

export const everything: readonly Piece[] = [rangePiece(Buffer.alloc(0), afterAll, "")];

const nullPoint: Point = { bytes: Buffer.from([0x00]), value: null };

/** The empty value alone. */
export const nullValue: readonly Piece[] = [pointPiece(nullPoint)];

/** Every value but the empty one. */
export const presentValues: readonly Piece[] = [rangePiece(afterNull, afterAll, "is not null")];

const join = (a: string, b: string, word: string) =>
  a === "" || b === "" || a === b ? a || b : `${a} ${word} ${b}`;

function common(a: Piece, b: Piece): Piece | undefined {
  if (a.point !== undefined) return holds(b, a.point.bytes) ? a : undefined;
  if (b.point !== undefined) return holds(a, b.point.bytes) ? b : undefined;
  const begin = max(a.begin, b.begin);
  const end = min(a.end, b.end);
  return compareBytes(begin, end) < 0 ? rangePiece(begin, end, join(a.text, b.text, "and")) : undefined;
}

/** The values of both sets. */
export function intersect(a: readonly Piece[], b: readonly Piece[]): readonly Piece[] {
  const found: Piece[] = [];
  let left = 0;
  let right = 0;
  while (left < a.length && right < b.length) {
    const piece = common(a[left]!, b[right]!);
    if (piece !== undefined) found.push(piece);
    if (compareBytes(a[left]!.end, b[right]!.end) <= 0) left++;
    else right++;
  }
  return found;
}

/** The values of any of the pieces, in order; what touches becomes one piece. */
export function union(pieces: readonly Piece[]): readonly Piece[] {
  const sorted = [...pieces].sort((a, b) => compareBytes(a.begin, b.begin) || compareBytes(b.end, a.end));
  const found: Piece[] = [];
  for (const piece of sorted) {
    const last = found.at(-1);
    if (last === undefined || compareBytes(piece.begin, last.end) > 0) found.push(piece);
    else if (compareBytes(piece.end, last.end) > 0) {
      found[found.length - 1] = rangePiece(last.begin, piece.end, join(last.text, piece.text, "or"));
    }
  }
  return found;
}

/** Every value but null and these: what lies before, between and behind them. */
export function without(
  points: readonly Point[],
  text: (below: Point | undefined, above: Point | undefined) => string,
): readonly Piece[] {
  const found: Piece[] = [];
  for (let at = 0; at <= points.length; at++) {
    const below = points[at - 1];
    const above = points[at];
    const begin = below === undefined ? afterNull : max(afterNull, after(below.bytes));
    const end = above?.bytes ?? afterAll;
    if (compareBytes(begin, end) < 0) found.push(rangePiece(begin, end, text(below, above)));
  }
  return found;
}
