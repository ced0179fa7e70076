/** Inserts given rows in one transaction: all of them, or none. */

import { allOrNone } from "../bulk/index.js";
import type { Conflict, Values } from "../rows/index.js";
import type { RepoState, Session } from "../transaction/index.js";
import type { Given } from "./given.js";
import { writeGraph } from "./write-graph.js";

/** The stored records, in the order of the rows. */
export function insertRows(
  { place }: RepoState,
  session: Session,
  given: readonly Given[],
  conflict: Conflict,
): Promise<Values[]> {
  const write = () =>
    session.whole((part) => {
      const { attempt } = part.layer;
      return attempt.judged(() =>
        allOrNone(given.map((one) => attempt.order.run((at) => writeGraph(part, one, conflict, at)))),
      );
    });
  return place === undefined ? write() : place.several(write);
}
