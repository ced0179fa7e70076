/** Deletes all rows of a query, with what goes with them. */

import { dependentsOf, removeDependents } from "../cascade/index.js";
import type { AnyQuery } from "../read/index.js";
import { storeDelete } from "../rows/index.js";
import type { RepoState } from "../transaction/index.js";
import { type AfterRows, wholeRecords, writeEach } from "./write-each.js";
import type { BulkOptions } from "./write-options.js";

const removeAll: AfterRows = (session, info, rows) => removeDependents(session, info, rows, new Set());

export async function deleteAll(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: BulkOptions = {},
): Promise<{ readonly count: number }> {
  const { info } = wholeRecords(query, "deleteAll");
  const count = await writeEach(
    state,
    query,
    "deleteAll",
    options,
    (session, schema, record, place) => storeDelete(session, schema, record, undefined, place),
    dependentsOf(info).length > 0 ? removeAll : undefined,
  );
  return Object.freeze({ count });
}
