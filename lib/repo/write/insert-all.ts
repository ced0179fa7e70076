/** Inserts many records: all in one transaction, or batch by batch. */

import { InvalidOptionsError } from "../../errors.js";
import { type SchemaClass, type SchemaInfo, schemaOf } from "../../schema/index.js";
import { conflictOf, type Values, wasStored } from "../rows/index.js";
import { agreedTenant, checkOptions, operate, type RepoState } from "../transaction/index.js";
import { allOrNone } from "./all-or-none.js";
import { batchSize } from "./batch-size.js";
import { givenInsert } from "./given.js";
import { valid } from "./valid.js";
import { writeGraph } from "./write-graph.js";
import { type BatchOptions, type InsertOptions, insertAllOptionNames } from "./write-options.js";

/** Rows that were written. */
export interface Bulk<T = never> {
  readonly count: number;
  /** Of `insertAll`: the stored records in the order of the input; rows that a conflict skipped are left out. */
  readonly records: readonly T[];
}

export async function insertAll(
  state: RepoState,
  schema: SchemaClass<object>,
  rows: readonly unknown[],
  options: InsertOptions & BatchOptions = {},
): Promise<Bulk<Values>> {
  checkOptions("insertAll", options, insertAllOptionNames);
  if (!Array.isArray(rows))
    throw new InvalidOptionsError("repo.insertAll takes a list: repo.insertAll(Schema, [attrs, …]).");
  const conflict = conflictOf(schemaOf(schema) as SchemaInfo, options.onConflict, options.conflictTarget);
  const size = batchSize(state, "insertAll", options) ?? rows.length;
  const records: Values[] = [];
  let batches = 0;
  for (let at = 0; at < rows.length; at += size) {
    const given = await Promise.all(rows.slice(at, at + size).map((row) => valid(givenInsert(schema, row))));
    const tenant = agreedTenant(
      options.tenant,
      given.flatMap((one) => one.records),
    );
    state.place?.leave();
    const stored = await operate(state, tenant, (session) =>
      session.whole((part) => {
        const { order } = part.layer.attempt;
        return allOrNone(given.map((one) => order.run((place) => writeGraph(part, one, conflict, place))));
      }),
    );
    for (const record of stored) if (wasStored(record)) records.push(record);
    options.onProgress?.({ rows: records.length, batches: ++batches });
  }
  return Object.freeze({ count: records.length, records: Object.freeze(records) });
}
