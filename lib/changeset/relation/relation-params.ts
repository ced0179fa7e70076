/** Reads the list of entries for a to-many relation from input, and sorts and drops as the input asks. */

import { readParam } from "../input/index.js";

/** More entries than any form has. */
const MAX_ENTRIES = 100_000;

/**
 * The entries of a to-many relation in order: from a list, or from an object whose keys are positions ("0", "1", …)
 * as forms send them. `sort` names entries in their new order (an unknown name is a new, empty entry; entries it
 * leaves out come behind), `drop` those to leave out. `null` when the value is neither.
 */
export function listParams(value: unknown, sort: unknown, drop: unknown): unknown[] | null {
  const entries = entriesByKey(value);
  if (entries === null) return null;
  const dropped = new Set(keys(drop));
  const sorted: unknown[] = [];
  for (const key of keys(sort)) {
    if (dropped.has(key)) continue;
    sorted.push(entries.has(key) ? entries.get(key) : {});
    entries.delete(key);
  }
  const rest = [...entries].filter(([key]) => !dropped.has(key));
  // A list has its order; an object's is that of its keys as numbers.
  if (!Array.isArray(value)) rest.sort(([a], [b]) => position(a) - position(b) || (a < b ? -1 : 1));
  return [...sorted, ...rest.map(([, entry]) => entry)];
}

function entriesByKey(value: unknown): Map<string, unknown> | null {
  if (Array.isArray(value)) {
    return value.length > MAX_ENTRIES
      ? null
      : new Map(value.map((entry, i) => [String(i), entry as unknown]));
  }
  if (value === null || value === "") return new Map();
  if (typeof value !== "object") return null;
  try {
    const names = Object.keys(value);
    if (names.length > MAX_ENTRIES) return null;
    return new Map(
      names.map((name) => {
        const param = readParam(value, name);
        return [name, param.found && !("broken" in param) ? param.value : undefined];
      }),
    );
  } catch {
    return null;
  }
}

function keys(list: unknown): string[] {
  return Array.isArray(list) && list.length <= MAX_ENTRIES
    ? [...new Set(list.map((key) => keyText(key)))]
    : [];
}

function keyText(key: unknown): string {
  return typeof key === "string" || typeof key === "number" ? String(key) : "";
}

function position(key: string): number {
  return /^\d{1,15}$/.test(key) ? Number(key) : Number.MAX_SAFE_INTEGER;
}
