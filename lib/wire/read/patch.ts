/** Patches: what makes the next value of a value, so that nothing is sent twice. */

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
  const fields = before as Readonly<Record<string, unknown>>;
  const inside = Object.entries(patch.in ?? {}).map(([name, part]) => [name, patched(fields[name], part)]);
  // Spread, because a field may be called __proto__.
  const parts = { ...patch.set, ...Object.fromEntries(inside) };
  if (Array.isArray(before)) return Object.assign(before.slice(), parts);
  const next: Record<string, unknown> = { ...fields, ...parts };
  for (const name of patch.unset ?? []) delete next[name];
  return next;
}

/** The parts in which something differs. */
export const touched = ({ set, unset, in: inside }: Patch): string[] => [
  ...Object.keys(set ?? {}),
  ...(unset ?? []),
  ...Object.keys(inside ?? {}),
];
