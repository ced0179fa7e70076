/** The special keys under which a transaction shows its conflict ranges, as FoundationDB lays them out. */

import type { Key } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";
import type { RangeLimits } from "./range-limits.js";
import type { Selector } from "./selector.js";

const BEGIN = "\xff\xff";
const END = "\xff\xff\xff";
/** The one module that the engine has; FoundationDB's others tell of a cluster. */
const MODULE = { begin: "\xff\xff/transaction/", end: "\xff\xff/transaction0" } as const;
const names = ["conflicting_keys", "read_conflict_range", "write_conflict_range"] as const;
export type SpecialRange = (typeof names)[number];

/** Gives the coalesced ranges that a part of the special key space shows. */
export type RangesOf = (
  name: SpecialRange,
) => readonly (readonly [Key, Key])[] | Promise<readonly (readonly [Key, Key])[]>;

export const isSpecial = (key: Key): boolean => key >= BEGIN && key < END;

/** Whether a range read is one of special keys: both of its keys are. */
export const isSpecialRange = (begin: Key, end: Key): boolean =>
  isSpecial(begin) && BEGIN <= end && end <= END;

export interface SpecialRows {
  readonly rows: readonly (readonly [Key, Buffer])[];
  readonly more: boolean;
}

const NONE: SpecialRows = { rows: [], more: false };

/** Where ranges begin ("1") and end ("0"), as FoundationDB encodes a set of ranges. */
function boundaries(name: SpecialRange, ranges: readonly (readonly [Key, Key])[]): [Key, Buffer][] {
  const prefix = `${MODULE.begin}${name}/`;
  return ranges.flatMap(([begin, end]): [Key, Buffer][] => [
    [prefix + begin, Buffer.from("1")],
    [prefix + end, Buffer.from("0")],
  ]);
}

/** Throws 2113 where there is no module, 2112 where a range leaves the one in which it begins. */
function checkModule(begin: Key, end: Key): void {
  const inside = begin >= MODULE.begin && begin < MODULE.end;
  const [from, to] = inside
    ? [MODULE.begin, MODULE.end]
    : begin < MODULE.begin
      ? [BEGIN, MODULE.begin]
      : [MODULE.end, END];
  if (end < from || end > to) throw new EngineError(2112);
  if (!inside) throw new EngineError(2113);
}

/** The parts that a read of `[from, to)` asks. */
const partsIn = (from: Key, to: Key): SpecialRange[] =>
  names.filter((name) => {
    const prefix = `${MODULE.begin}${name}/`;
    return from < `${prefix}\xff\xff` && to > prefix;
  });

/**
 * Rows between two selectors inside of one module.
 *
 * @throws EngineError 2113, 2112; what `rangesOf` rejects with
 */
export async function readSpecialRange(
  begin: Selector,
  end: Selector,
  reverse: boolean,
  limits: RangeLimits,
  rangesOf: RangesOf,
): Promise<SpecialRows> {
  if (begin.offset >= end.offset && begin.key >= end.key) return NONE;
  checkModule(begin.key, end.key);
  const plain = begin.offset === 1 && end.offset === 1;
  const rows: [Key, Buffer][] = [];
  for (const name of plain ? partsIn(begin.key, end.key) : names)
    rows.push(...boundaries(name, await rangesOf(name)));
  const at = ({ key, offset }: Selector): number => {
    const first = rows.findIndex(([k]) => k >= key);
    return Math.max(0, Math.min(rows.length, (first === -1 ? rows.length : first) + offset - 1));
  };
  const found = rows.slice(at(begin), at(end));
  if (reverse) found.reverse();
  const told: [Key, Buffer][] = [];
  let { rows: rowsLeft, bytes } = limits;
  for (const row of found) {
    told.push(row);
    bytes -= 8 + row[0].length + row[1].length;
    if (--rowsLeft <= 0 || bytes <= 0) return { rows: told, more: true };
  }
  return { rows: told, more: false };
}

/** The value of a special key. */
export async function readSpecial(key: Key, rangesOf: RangesOf): Promise<Buffer | undefined> {
  const all = { rows: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  const one = await readSpecialRange(
    { key, offset: 1 },
    { key: `${key}\0`, offset: 1 },
    false,
    all,
    rangesOf,
  );
  return one.rows[0]?.[1];
}
