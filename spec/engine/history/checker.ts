import type { Entry } from "./workload.js";

export interface Violation {
  readonly transaction: number;
  readonly what: string;
}

/**
 * Checks that committed transactions, run one after the other in the order of their commit versions, would have
 * read exactly what they read. Commit versions are the store's own claim of the order, so any other result is a
 * violation of strict serializability: a cycle, a lost update, write skew or a phantom.
 */
export function check(history: readonly Entry[]): Violation[] {
  const violations: Violation[] = [];
  /** The writer of each register at this point of the order; absent registers are not in it. */
  const state = new Map<string, number>();
  let before = 0;
  for (const entry of [...history].sort((a, b) => a.version - b.version)) {
    const found = (what: string): void => void violations.push({ transaction: entry.id, what });
    if (Number.isInteger(entry.version)) {
      if (entry.version <= before) found(`its version ${entry.version} is not above the one before`);
      before = entry.version;
    }
    if (entry.version < entry.after)
      found(`it saw ${entry.version} although ${entry.after} was acknowledged`);
    for (const [name, seen] of entry.reads) {
      const expected = state.get(name) ?? 0;
      if (seen !== expected) found(`read ${name} of ${seen} instead of ${expected}`);
    }
    for (const { begin, end, rows } of entry.ranges) {
      for (const [name, seen] of rows)
        if (state.get(name) !== seen)
          found(`range row ${name} of ${seen} instead of ${state.get(name) ?? 0}`);
      for (const [name, writer] of state)
        if (name >= begin && name < end && !rows.has(name)) found(`missed ${name} of ${writer} in a range`);
    }
    for (const name of entry.writes) state.set(name, entry.id);
    for (const name of entry.deletes) state.delete(name);
  }
  return violations;
}
