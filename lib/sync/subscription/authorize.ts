/** The option that says who may see what, and the live queries that follow from it. */

import type { Allow, AnyLive, Queries } from "../live/index.js";
import { guarded } from "../queries/index.js";

export interface Authorize {
  /** Judges each row before it is shown; counts and signals have none, so put the condition into their query. */
  readonly row: Allow;
  /** What the rights depend on: when it changes, all rows are judged anew and leave or enter in the same transition. */
  readonly watch?: AnyLive;
}

/** A label, as the rights let it be seen. */
export const guard = ({ row, watch }: Authorize, label: string, live: AnyLive): AnyLive =>
  guarded(live, label, row, watch);

/** Every label, as the rights let it be seen. */
export function guardAll(authorize: Authorize, queries: Queries): Queries {
  return Object.fromEntries(
    Object.entries(queries).map(([label, live]) => [label, guard(authorize, label, live)]),
  );
}
