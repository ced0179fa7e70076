/** Refuses labels that do not stand for live queries. */

import { InvalidOptionsError } from "../../errors.js";
import { type AnyLive, isLive, partsOf } from "../live/index.js";

/** @throws InvalidOptionsError, TypeError for labels that do not stand for live queries */
export function checkQueries(call: string, queries: unknown): void {
  if (typeof queries !== "object" || queries === null || Array.isArray(queries) || isLive(queries)) {
    throw new InvalidOptionsError(
      `${call} takes live queries by label: ${call}(tenant, { products: sync.all(from(Product)) }).`,
    );
  }
  for (const live of Object.values(queries)) partsOf(live as AnyLive);
}
