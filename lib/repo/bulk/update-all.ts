/** Changes all rows of a query: by values and operators, or by a function of each record. */

import { change, changedValues } from "../../changeset/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import { type AnyQuery, copyRecord } from "../read/index.js";
import { type AnyChangeset, asStored, storePatch, type Values } from "../rows/index.js";
import type { RepoState } from "../transaction/index.js";
import { bulkChanges, type Changes, checkSets, type Patch } from "./bulk-changes.js";
import type { BulkOptions } from "./bulk-options.js";
import { type ReturningOption, selectionOf } from "./returning.js";
import { type WriteRow, wholeRecords, writeEach } from "./write-each.js";

export async function updateAll(
  state: RepoState,
  query: AnyQuery<unknown>,
  changes: Changes<Values>,
  options: BulkOptions & ReturningOption<unknown> = {},
): Promise<{ readonly count: number }> {
  const { info } = wholeRecords(query, "updateAll");
  const select = selectionOf(info, "updateAll", options?.returning);
  return writeEach(state, query, "updateAll", options, { write: writing(info, changes), select });
}

function writing(info: SchemaInfo, changes: Changes<Values>): WriteRow {
  if (typeof changes === "function") return byFunction(info, (record) => changes(workingCopy(info, record)));
  checkGiven(info, changes);
  const { patch, sets } = bulkChanges(info, changes);
  // Embeds may be given as attributes, which a changeset makes records of.
  if (Object.keys(sets).some((name) => info.hasEmbed(name))) return byFunction(info, patch);
  return (session, schema, record, ways) => storePatch(session, schema, record, patch, ways);
}

/** Of each row as it is stored when it is written: what runs beside it in the transaction may have changed it since. */
const byFunction =
  (info: SchemaInfo, patch: Patch): WriteRow =>
  async (session, schema, record, ways) => {
    let given: Values = {};
    const byStored = (stored: Readonly<Values>): Values => {
      const values: unknown = patch(stored);
      checkSets(info, values);
      const changeset = change(stored, values as never) as unknown as AnyChangeset;
      given =
        Object.keys(changeset.changes).length === 0
          ? {}
          : { ...changedValues(withTimes(info, changeset, values)) };
      return given;
    };
    const written = await storePatch(session, schema, record, byStored, ways);
    // Virtual fields are not stored, and are given back as they were set.
    for (const { name } of info.virtualFields) if (Object.hasOwn(given, name)) written[name] = given[name];
    return written;
  };

/** A time of the change that is given stands, that of the record too. */
function withTimes(info: SchemaInfo, changeset: AnyChangeset, values: Readonly<Values>): AnyChangeset {
  let timed = changeset;
  for (const { name, autogenerate } of info.fields) {
    if (autogenerate === "updatedAt" && Object.hasOwn(values, name))
      timed = timed.forceChange(name, values[name]);
  }
  return timed;
}

/** What is no object at all is refused in the words of values by field. */
function checkGiven(info: SchemaInfo, changes: unknown): void {
  if (typeof changes !== "object" || changes === null || Array.isArray(changes)) checkSets(info, changes);
}

/** What a function may change in place and hand back: it is compared with the record itself. */
function workingCopy(info: SchemaInfo, record: Values): Values {
  const copy = copyRecord(record);
  asStored(info, copy);
  return copy;
}
