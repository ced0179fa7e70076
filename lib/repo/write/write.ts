/** Defines one record to write, which goes through the steps of a write from what was given to its row. */

import type { SchemaInfo } from "../../schema/index.js";
import { schemaOfRecord } from "../read/index.js";
import type { AnyChangeset, Values } from "../rows/index.js";

export interface Write {
  readonly action: "insert" | "update" | "delete";
  readonly info: SchemaInfo<Values>;
  /** Undefined when there are only attributes or a record: these have no constraints and no `prepareChanges`. */
  readonly changeset: AnyChangeset | undefined;
  /** The changeset's data; without one the record itself, for an insert as `newRecord` makes it. */
  readonly record: Values;
  /** Has the related records that go with an insert without a changeset. */
  readonly related: Readonly<Values> | undefined;
}

export function writeOf(action: Write["action"], changeset: AnyChangeset): Write {
  const { data } = changeset;
  return { action, info: schemaOfRecord(data), changeset, record: data, related: undefined };
}

/** The insert of a record without a changeset, and without further related records. */
export function insertOf(info: SchemaInfo<Values>, record: Values): Write {
  return { action: "insert", info, changeset: undefined, record, related: undefined };
}
