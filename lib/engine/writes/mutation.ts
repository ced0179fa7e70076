/** The mutations that a commit consists of, and what they add to its size. */

import type { Key } from "../keys/index.js";
import { MutationType } from "../port/index.js";

/** Mutations as the commit sends them, by FoundationDB's numbers: `MutationType` and these two. */
export const SET = 0;
export const CLEAR_RANGE = 1;

export interface PointMutation {
  readonly type: typeof SET | MutationType;
  readonly key: Key;
  readonly operand: Uint8Array;
}

export interface RangeClear {
  readonly type: typeof CLEAR_RANGE;
  readonly key: Key;
  readonly end: Key;
}

export type Mutation = PointMutation | RangeClear;

/** Bytes that a mutation adds to the transaction's size. */
export function mutationSize(mutation: Mutation): number {
  const rest = mutation.type === CLEAR_RANGE ? mutation.end.length : mutation.operand.length;
  return 28 + mutation.key.length + rest;
}
