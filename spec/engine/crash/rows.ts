export type Kind = "closing" | "backing up" | "recovering" | "clearing";

/** Rows that are there from the start. */
export const CLEARED = 6000;
export const lastFixed = CLEARED - 1;
export const keyOf = (n: number): Buffer => Buffer.from(`commit/${String(n).padStart(6, "0")}`);
export const rowKey = (n: number): Buffer => Buffer.from(`row/${String(n).padStart(6, "0")}`);
