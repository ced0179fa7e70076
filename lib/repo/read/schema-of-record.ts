/** Finds the schema that a record is of, by its class. */

import { type SchemaInfo, schemaOf } from "../../schema/index.js";

export function schemaOfRecord(record: object): SchemaInfo<Record<string, unknown>> {
  return schemaOf(record.constructor as abstract new () => Record<string, unknown>);
}
