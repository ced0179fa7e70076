/** A transaction as its commit hands it over to the store. */

import type { Key } from "../../keys/index.js";
import type { Mutation } from "../../writes/index.js";
import type { ReadConflicts } from "../versions/index.js";

export interface CommitRequest {
  readonly readVersion: number;
  readonly reads: ReadConflicts;
  /** Without it a write-only transaction cannot be too old. */
  readonly checkAge: boolean;
  readonly writes: {
    eachMutation(visit: (mutation: Mutation) => void): void;
    eachConflict(visit: (begin: Key, end: Key | undefined) => void): void;
  };
}
