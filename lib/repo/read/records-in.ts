/** Reads the argument that is a record or a list of records. */

import { InvalidOptionsError } from "../../errors.js";

/** @throws InvalidOptionsError for what is no record */
export function recordsIn(operation: string, given: unknown): readonly object[] {
  const records = Array.isArray(given) ? given : [given];
  for (const record of records) {
    if (typeof record === "object" && record !== null) continue;
    throw new InvalidOptionsError(`repo.${operation} takes a record or a list of records.`);
  }
  return records as readonly object[];
}
