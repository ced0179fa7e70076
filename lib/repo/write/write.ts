/** Defines one record to write, which goes through the steps of a write from what was given to its row. */

import type { SchemaInfo } from "../../schema/index.js";
import { schemaOfRecord } from "../read/index.js";
import type { AnyChangeset, Values } from "../rows/index.js";
import { Generated } from "./generated.js";

export interface Write {
  readonly action: "insert" | "update" | "delete";
  readonly info: SchemaInfo<Values>;
  /** Undefined when there are only attributes or a record: these have no constraints and no `prepareChanges`. */
  readonly changeset: AnyChangeset | undefined;
  /** The changeset's data; without one the record itself, for an insert as `newRecord` makes it. */
  readonly record: Values;
  /** Of an insert without a changeset, the stored records that it belongs to, by relation. */
  readonly parents: Readonly<Values> | undefined;
  /** Undefined when the record has its id and timestamps already. */
  readonly generated: Generated | undefined;
  /** Whether an update writes without changes, too. */
  readonly force?: boolean;
}

export function writeOf(
  action: Write["action"],
  changeset: AnyChangeset,
  generated: Generated = new Generated(),
  force = false,
): Write {
  const { data } = changeset;
  return {
    action,
    info: schemaOfRecord(data),
    changeset,
    record: data,
    parents: undefined,
    generated,
    force,
  };
}
