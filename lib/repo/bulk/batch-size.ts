/** Checks the option `batch` of the methods that write many rows. */

import { InvalidOptionsError } from "../../errors.js";
import { showValue } from "../../schema/index.js";
import { type RepoState, sessionOf } from "../transaction/index.js";
import type { BatchOptions } from "./bulk-options.js";

/** Undefined when all rows go into one transaction. @throws InvalidOptionsError */
export function batchSize(state: RepoState, operation: string, { batch }: BatchOptions): number | undefined {
  if (batch === undefined) return undefined;
  if (!Number.isSafeInteger(batch) || batch < 1) {
    throw new InvalidOptionsError(
      `{ batch } of repo.${operation} is a whole number of at least 1, not ${showValue(batch)}.`,
    );
  }
  if (sessionOf(state) !== undefined) {
    throw new InvalidOptionsError(
      `{ batch } makes transactions of its own, so repo.${operation} with it cannot run inside a transaction.`,
    );
  }
  return batch;
}
