/** Changes all rows of a query: to the same values, or by a function of each record. */

import { change, changedValues, isChangeset } from "../../changeset/index.js";
import { InvalidOptionsError } from "../../errors.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type AnyQuery, copyRecord } from "../read/index.js";
import { type AnyChangeset, asStored, storeUpdate, type Values } from "../rows/index.js";
import type { RepoState } from "../transaction/index.js";
import { wholeRecords, writeEach } from "./write-each.js";
import type { BulkOptions } from "./write-options.js";

/** What `updateAll` sets: values, or a function of each record. */
export type Changes<T> = Partial<T> | ((record: T) => Partial<T>);

export async function updateAll(
  state: RepoState,
  query: AnyQuery<unknown>,
  changes: Changes<Values>,
  options: BulkOptions = {},
): Promise<{ readonly count: number }> {
  const { info } = wholeRecords(query, "updateAll");
  if (typeof changes !== "function") checkChanges(info, changes);
  const count = await writeEach(
    state,
    query,
    "updateAll",
    options,
    async (session, schema, record, place) => {
      const values = typeof changes === "function" ? changes(workingCopy(info, record)) : changes;
      checkChanges(info, values);
      const changeset = change(record, values as never);
      if (Object.keys(changeset.changes).length > 0)
        await storeUpdate(session, schema, changeset as AnyChangeset, changedValues(changeset), { place });
    },
  );
  return Object.freeze({ count });
}

/** What a function may change in place and hand back: it is compared with the record itself. */
function workingCopy(info: SchemaInfo, record: Values): Values {
  const copy = copyRecord(record);
  asStored(info, copy);
  return copy;
}

function checkChanges(info: SchemaInfo, changes: unknown): void {
  const plain =
    typeof changes === "object" && changes !== null && !Array.isArray(changes) && !isChangeset(changes);
  if (!plain) {
    throw new InvalidOptionsError(
      `repo.updateAll takes values by field, or a function of the record: repo.updateAll(query, { field: value }).`,
    );
  }
  for (const [name, value] of Object.entries(changes)) {
    info.field(name);
    if (value === undefined) {
      throw new InvalidOptionsError(
        `${info.name}.${name} is undefined in repo.updateAll; write null for an empty value.`,
      );
    }
  }
}
