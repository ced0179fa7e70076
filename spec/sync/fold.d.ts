import type { AnyTransition } from "../../lib/sync/transition.js";
/** What a reader that only applies transitions knows. */
export declare class Fold {
  value: Record<string, unknown>;
  version: bigint;
  transitions: number;
  apply(transition: AnyTransition): void;
}
