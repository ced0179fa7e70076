/** Suggests the names that a mistyped one may have meant. */

/** Those of `names` that a slip of the finger turns into `name`, closest first. */
export function nearMisses(name: string, names: Iterable<string>): string[] {
  const limit = Math.max(2, Math.floor(name.length / 3));
  return [...names]
    .map((candidate) => ({
      candidate,
      edits: distance(name.slice(0, 64).toLowerCase(), candidate.toLowerCase()),
    }))
    .filter(({ edits }) => edits <= limit)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** Levenshtein's distance, row by row. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** " Did you mean …?", or the whole list when nothing comes close. */
export function suggest(name: string, names: readonly string[]): string {
  const close = nearMisses(name, names);
  if (close.length > 0) return ` Did you mean ${close.map((candidate) => `"${candidate}"`).join(" or ")}?`;
  return names.length === 0 ? "" : ` There are: ${names.join(", ")}.`;
}
