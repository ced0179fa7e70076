/** Finds the rows of a reordered list that can stay where they are, so that as few as possible move. */

/** Positions of a longest strictly increasing subsequence of distinct numbers, in O(n log n). */
export function longestIncreasing(values: readonly number[]): Set<number> {
  const tails: number[] = [];
  const previous = new Array<number>(values.length).fill(-1);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[tails[middle]!]! < value) low = middle + 1;
      else high = middle;
    }
    if (low > 0) previous[i] = tails[low - 1]!;
    tails[low] = i;
  }
  const kept = new Set<number>();
  let at = tails.length === 0 ? -1 : tails[tails.length - 1]!;
  while (at >= 0) {
    kept.add(at);
    at = previous[at]!;
  }
  return kept;
}
