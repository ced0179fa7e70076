/** Inserts many records: all in one transaction, or batch by batch. */

import { InvalidOptionsError } from "../../errors.js";
import { Query } from "../../query/index.js";
import { isSchema, type SchemaClass, type SchemaInfo, schemaOf, showValue } from "../../schema/index.js";
import { batchSize } from "../bulk/index.js";
import { effectiveOptions } from "../options/index.js";
import type { AnyQuery } from "../read/index.js";
import { conflictOf, type Values, wasStored } from "../rows/index.js";
import { agreedTenant, operate, type RepoState } from "../transaction/index.js";
import { givenInsert } from "./given.js";
import { insertFromQuery, type MakeRow } from "./insert-from-query.js";
import { insertRows } from "./insert-rows.js";
import { type Bulk, bulkOf, refuseStampedReturning } from "./inserted.js";
import { valid } from "./valid.js";
import { type InsertAllOptions, insertAllOptionNames } from "./write-options.js";

/** `insertAll(schema, rows, options)`, `insertAll(schema, query, make, options)` and `insertAll(schema, query, options)`. */
export function insertAll(
  state: RepoState,
  schema: SchemaClass<object>,
  rows: unknown,
  third?: unknown,
  fourth?: unknown,
): Promise<Bulk<unknown>> {
  if (!(rows instanceof Query) && !isSchema(rows))
    return insertList(state, schema, rows, third as InsertAllOptions | undefined);
  const made = typeof third === "function" || fourth !== undefined;
  const [make, options] = made ? [third, fourth] : [undefined, third];
  return insertFromQuery(
    state,
    schema,
    rows as AnyQuery<unknown>,
    make as MakeRow | undefined,
    options as InsertAllOptions | undefined,
  );
}

async function insertList(
  state: RepoState,
  schema: SchemaClass<object>,
  rows: unknown,
  asked: InsertAllOptions = {},
): Promise<Bulk<unknown>> {
  const { core } = state;
  const options = effectiveOptions(core.config.defaultOptions, "insertAll", asked, insertAllOptionNames);
  if (!Array.isArray(rows)) {
    throw new InvalidOptionsError(
      "repo.insertAll takes a list: repo.insertAll(Schema, [attrs, …]), or a query: repo.insertAll(Schema, query, (row) => attrs).",
    );
  }
  const info = schemaOf(schema) as SchemaInfo;
  requireRows(info, rows);
  const conflict = conflictOf(info, options.onConflict, options.conflictTarget);
  refuseStampedReturning(state, info, options.returning);
  // An upsert of a row that is stored so already has written nothing, and the row is there as it was given.
  const skips = conflict.onConflict === "nothing";
  const size = batchSize(state, "insertAll", options) ?? rows.length;
  const records: Values[] = [];
  let batches = 0;
  for (let at = 0; at < rows.length; at += size) {
    const given = await Promise.all(
      rows.slice(at, at + size).map((row) => valid(givenInsert(schema, row, () => core.clock()))),
    );
    const tenant = agreedTenant(
      options.tenant,
      given.flatMap((one) => one.records),
    );
    const stored = await operate(
      state,
      tenant,
      (session) => insertRows(state, session, given, conflict),
      options,
    );
    for (const record of stored) if (!skips || wasStored(record)) records.push(record);
    options.onProgress?.({ rows: records.length, batches: ++batches });
  }
  return bulkOf(info, records, options);
}

/** Before anything is written: with `batch` the rows in front of a bad one would be stored already. */
function requireRows(info: SchemaInfo, rows: readonly unknown[]): void {
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (typeof row === "object" && row !== null) continue;
    throw new InvalidOptionsError(
      `The list given to repo.insertAll(${info.name}, …) has ${showValue(row)} at ${at}, where attributes, a record or a ` +
        "changeset belong. Usually a lookup found nothing, or the list has a hole: leave such items out with .filter().",
    );
  }
}
