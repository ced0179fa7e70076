/** Operations a second of `operations` calls, `concurrency` at a time. */
export declare function rate(operations: number, concurrency: number, run: (i: number) => unknown): Promise<number>;
/** Runs contenders in turn, several rounds, so that each meets the same machine; the median of each. */
export declare function compare<N extends string>(contenders: Readonly<Record<N, () => Promise<number>>>, rounds?: number): Promise<Record<N, number>>;
export declare function quantile(values: readonly number[], q: number): number;
