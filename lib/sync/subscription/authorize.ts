/** The option that says who may see what, and the live queries that follow from it. */

import { InvalidOptionsError } from "../../errors.js";
import { capturedText } from "../../query/index.js";
import { checkOptions } from "../call/index.js";
import type { Allow, AnyLive, Queries } from "../live/index.js";
import { isLive } from "../live/index.js";
import { guarded, type Rights } from "../queries/index.js";

/** Who may see what: a judgement of each row, and what it depends on. */
export interface Authorize {
  /** Judges each row before it is shown; counts and signals have none, so put the condition into their query. */
  readonly row: Allow;
  /**
   * What the rights depend on: when it changes, all rows are judged anew and leave or enter in the same transition.
   * Default: none, `rights` is undefined.
   */
  readonly watch?: AnyLive;
  /**
   * The other values that `row` refers to, as plain data, such as the id of the user (`[]` for none). Default: nobody knows
   * them.
   *
   * A cursor is good for equal ones alone. With neither `watch` nor `deps` nobody knows what `row` judges by, and a resume
   * begins with a snapshot.
   */
  readonly deps?: readonly unknown[];
}

/** @throws InvalidOptionsError, InvalidQueryError for deps that are no list of plain data */
export function rightsOf(authorize: Authorize): Rights {
  checkOptions("authorize", authorize, ["row", "watch", "deps"]);
  const { row, watch, deps } = authorize;
  if (typeof row !== "function") {
    throw new InvalidOptionsError("authorize takes a function { row: (row, { label, rights }) => boolean }.");
  }
  if (watch !== undefined && !isLive(watch)) {
    throw new InvalidOptionsError("authorize.watch is a live query, such as sync.all(from(Grant)).");
  }
  const captured = deps === undefined ? undefined : capturedText("authorize.deps", deps);
  return { allow: row, watch, captured };
}

/** A label, as the rights let it be seen. */
export const guard = (rights: Rights, label: string, live: AnyLive): AnyLive => guarded(live, label, rights);

/** Every label, as the rights let it be seen. */
export function guardAll(rights: Rights, queries: Queries): Queries {
  return Object.fromEntries(
    Object.entries(queries).map(([label, live]) => [label, guard(rights, label, live)]),
  );
}
