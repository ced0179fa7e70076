/** The special keys under which a transaction shows its conflict ranges, as FoundationDB lays them out. */

import type { Key } from "../../keys/index.js";
import { EngineError } from "../../port/index.js";

const ROOT = "\xff\xff/transaction/";
const names = ["read_conflict_range", "write_conflict_range", "conflicting_keys"] as const;
export type SpecialRange = (typeof names)[number];

/** Gives the coalesced ranges that a part of the special key space shows. */
export type RangesOf = (name: SpecialRange) => readonly (readonly [Key, Key])[];

export const isSpecial = (key: Key): boolean => key.startsWith("\xff\xff");

function moduleOf(key: Key): SpecialRange | undefined {
  return names.find((name) => key.startsWith(`${ROOT}${name}/`));
}

/** Where ranges begin ("1") and end ("0"), as FoundationDB encodes a set of ranges. */
function boundaries(name: SpecialRange, ranges: readonly (readonly [Key, Key])[]): [Key, Buffer][] {
  const prefix = `${ROOT}${name}/`;
  return ranges.flatMap(([begin, end]): [Key, Buffer][] => [
    [prefix + begin, Buffer.from("1")],
    [prefix + end, Buffer.from("0")],
  ]);
}

/** The value of a special key. Throws 2113 outside the ranges that exist. */
export function readSpecial(key: Key, rangesOf: RangesOf): Buffer | undefined {
  const name = moduleOf(key);
  if (name === undefined) throw new EngineError(2113);
  return boundaries(name, rangesOf(name)).find(([k]) => k === key)?.[1];
}

/** Rows of `[begin, end)`, both inside one special range (or at its end). Throws 2113 otherwise. */
export function readSpecialRange(begin: Key, end: Key, rangesOf: RangesOf): [Key, Buffer][] {
  const name = moduleOf(begin);
  if (name === undefined || end > `${ROOT}${name}0`) throw new EngineError(2113);
  return boundaries(name, rangesOf(name)).filter(([key]) => key >= begin && key < end);
}
