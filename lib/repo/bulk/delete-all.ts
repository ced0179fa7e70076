/** Deletes all rows of a query, with what goes with them. */

import { dependentsOf, removeDependents } from "../cascade/index.js";
import type { AnyQuery } from "../read/index.js";
import { storeDelete } from "../rows/index.js";
import type { RepoState } from "../transaction/index.js";
import type { BulkOptions } from "./bulk-options.js";
import { type ReturningOption, selectionOf } from "./returning.js";
import { type AfterRows, wholeRecords, writeEach } from "./write-each.js";

const removeAll: AfterRows = (session, info, rows) => removeDependents(session, info, rows, new Set());

export async function deleteAll(
  state: RepoState,
  query: AnyQuery<unknown>,
  options: BulkOptions & ReturningOption<unknown> = {},
): Promise<{ readonly count: number }> {
  const { info } = wholeRecords(query, "deleteAll");
  return writeEach(state, query, "deleteAll", options, {
    write: (session, schema, record, ways) => storeDelete(session, schema, record, undefined, ways),
    afterRows: dependentsOf(info).length > 0 ? removeAll : undefined,
    select: selectionOf(info, "deleteAll", options?.returning),
  });
}
