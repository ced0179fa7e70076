/** Whether the compiler takes two types for the same. */
export type Equals<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`: `ok<Equals<A, B>>()`. */
export const ok = <T extends true>(): T | undefined => undefined;
