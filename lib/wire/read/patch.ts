/** Patches: what makes the next value of a value, so that nothing is sent twice. */

import { put } from "./unpack.js";

/** What differs in an object, or in a list of the same length (by index). */
export interface Patch {
  /** Parts that are others, whole. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Parts that are gone. */
  readonly unset?: readonly string[];
  /** Parts in which something differs. */
  readonly in?: Readonly<Record<string, Patch>>;
}

/** The value after a patch; what does not differ stays the object that it is. */
export function patched(before: unknown, patch: Patch | undefined): unknown {
  if (patch === undefined) return before;
  const next = (Array.isArray(before) ? before.slice() : { ...(before as object) }) as Record<
    string,
    unknown
  >;
  for (const name of patch.unset ?? []) delete next[name];
  for (const [name, value] of Object.entries(patch.set ?? {})) put(next, name, value);
  for (const [name, part] of Object.entries(patch.in ?? {})) put(next, name, patched(next[name], part));
  return next;
}

/** The parts in which something differs. */
export const touched = ({ set, unset, in: inside }: Patch): string[] => [
  ...Object.keys(set ?? {}),
  ...(unset ?? []),
  ...Object.keys(inside ?? {}),
];
