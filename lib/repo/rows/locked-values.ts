/** Checks the optimistic locks of a changeset against the stored record, and gives their next values. */

import { equalValues, type SchemaInfo } from "../../schema/index.js";
import type { TupleItem } from "../../tuple/index.js";
import { stale } from "./stored-key.js";
import type { AnyChangeset, Values } from "./values.js";

/** The next values of the locks. @throws StaleEntryError */
export function lockedValues(
  info: SchemaInfo,
  pk: readonly TupleItem[],
  changeset: AnyChangeset,
  stored: Values,
): Values {
  const values: Values = {};
  for (const constraint of changeset.constraints) {
    if (constraint.type !== "optimisticLock") continue;
    const { field, expected, next } = constraint;
    const current = stored[field];
    if (!equalValues(info.field(field).type, current, expected)) {
      throw stale(info, pk, `was changed by somebody else (${field} differs)`);
    }
    values[field] = next(current);
  }
  return values;
}
