/** Deletes all rows of a query. */

import type { AnyQuery } from "../read/index.js";
import { storeDelete } from "../rows/index.js";
import type { RepoState } from "../transaction/index.js";
import { writeEach } from "./write-each.js";
import type { BulkOptions } from "./write-options.js";

export async function deleteAll(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: BulkOptions = {},
): Promise<{ readonly count: number }> {
  const count = await writeEach(state, query, "deleteAll", options, (session, info, record, place) =>
    storeDelete(session, info, record, undefined, place),
  );
  return Object.freeze({ count });
}
