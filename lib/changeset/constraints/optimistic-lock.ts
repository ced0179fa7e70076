/** Declares on a changeset that a field must still be stored as it was read, and which value it gets next. */

import { ChangesetError } from "../../errors.js";
import { isDate } from "../../schema/index.js";
import { type ChangesetState, dataValue, withConstraint } from "../state/index.js";

/** The value that a lock field gets next: a number or bigint counts, a date becomes now. */
function nextLock(current: unknown): unknown {
  if (typeof current === "bigint") return current + 1n;
  if (isDate(current)) return new Date(Math.max(Date.now(), current.getTime() + 1));
  if (current === null || current === undefined) return 1;
  if (typeof current === "number") return current >= Number.MAX_SAFE_INTEGER ? 1 : current + 1;
  throw new ChangesetError(
    "optimisticLock() counts numbers, bigints and dates; for another type say how it goes on: .optimisticLock(field, (now) => …).",
  );
}

export function addOptimisticLock(
  state: ChangesetState,
  field: string,
  next: ((current: unknown) => unknown) | undefined,
): ChangesetState {
  state.fields.field(field);
  return withConstraint(state, {
    type: "optimisticLock",
    field,
    expected: dataValue(state, field),
    next: next ?? nextLock,
  });
}
