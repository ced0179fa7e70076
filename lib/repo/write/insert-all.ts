/** Inserts many records: all in one transaction, or batch by batch. */

import { InvalidOptionsError } from "../../errors.js";
import { type SchemaClass, type SchemaInfo, schemaOf, showValue } from "../../schema/index.js";
import { effectiveOptions } from "../options/index.js";
import { conflictOf, type Values, wasStored } from "../rows/index.js";
import { agreedTenant, operate, type RepoState, type Session } from "../transaction/index.js";
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
  asked: InsertOptions & BatchOptions = {},
): Promise<Bulk<Values>> {
  const { core } = state;
  const options = effectiveOptions(core.config.defaultOptions, "insertAll", asked, insertAllOptionNames);
  if (!Array.isArray(rows))
    throw new InvalidOptionsError("repo.insertAll takes a list: repo.insertAll(Schema, [attrs, …]).");
  const info = schemaOf(schema) as SchemaInfo;
  requireRows(info, rows);
  const conflict = conflictOf(info, options.onConflict, options.conflictTarget);
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
    const write = (session: Session) =>
      severalIn(state, () =>
        session.whole((part) => {
          const { attempt } = part.layer;
          return attempt.judged(() =>
            allOrNone(
              given.map((one) => attempt.order.run((place) => writeGraph(part, one, conflict, place))),
            ),
          );
        }),
      );
    const stored = await operate(state, tenant, write, options);
    for (const record of stored) if (!skips || wasStored(record)) records.push(record);
    options.onProgress?.({ rows: records.length, batches: ++batches });
  }
  return Object.freeze({ count: records.length, records: Object.freeze(records) });
}

const severalIn = <T>({ place }: RepoState, write: () => Promise<T>): Promise<T> =>
  place === undefined ? write() : place.several(write);

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
