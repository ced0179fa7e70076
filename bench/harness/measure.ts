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

/** Runs `work` for each contender in turn, several rounds in alternating order, so that each meets the same machine. */
export async function inTurns<C, R>(
  contenders: readonly C[],
  rounds: number,
  work: (contender: C, round: number) => Promise<R>,
): Promise<Map<C, R[]>> {
  const results = new Map<C, R[]>(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : [...contenders].reverse()) {
      results.get(contender)!.push(await work(contender, round));
    }
  }
  return results;
}

/** The median of each contender's rounds. */
export async function compare<N extends string>(
  contenders: Readonly<Record<N, () => Promise<number>>>,
  rounds = 3,
): Promise<Record<N, number>> {
  const results = await inTurns(Object.keys(contenders) as N[], rounds, (name) => contenders[name]());
  return Object.fromEntries(Array.from(results, ([name, list]) => [name, quantile(list, 0.5)])) as Record<
    N,
    number
  >;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!;
}

/** Bytes of the JavaScript heap in use, without garbage. */
export async function heap(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc?.();
  }
  return process.memoryUsage().heapUsed;
}
