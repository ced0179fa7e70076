/** Operations a second of `operations` calls, `concurrency` at a time. */
export async function rate(
  operations: number,
  concurrency: number,
  run: (i: number) => unknown,
): Promise<number> {
  let next = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (next < operations) await run(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (operations / (performance.now() - started)) * 1000;
}

/** Operations a second of as many calls as `ms` milliseconds take, `concurrency` at a time. */
export async function rateFor(ms: number, concurrency: number, run: (i: number) => unknown): Promise<number> {
  let count = 0;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (performance.now() - started < ms) await run(count++);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return (count / (performance.now() - started)) * 1000;
}

/** Runs contenders in turn, several rounds, so that each meets the same machine; the median of each. */
export async function compare<N extends string>(
  contenders: Readonly<Record<N, () => Promise<number>>>,
  rounds = 3,
): Promise<Record<N, number>> {
  const results = new Map<N, number[]>();
  const names = Object.keys(contenders) as N[];
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : [...names].reverse()) {
      const list = results.get(name) ?? [];
      list.push(await contenders[name]());
      results.set(name, list);
    }
  }
  return Object.fromEntries(names.map((name) => [name, quantile(results.get(name)!, 0.5)])) as Record<
    N,
    number
  >;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}
