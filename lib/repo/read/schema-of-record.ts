/** Finds the schema that a record is of, by its class. */

import { refuseOtherCopy } from "../../copies.js";
import { InvalidOptionsError } from "../../errors.js";
import {
  isSchema,
  lostClass,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
  showValue,
} from "../../schema/index.js";

/** @throws InvalidOptionsError for what is of no schema's class */
export function schemaOfRecord(record: object): SchemaInfo<Record<string, unknown>> {
  const prototype = Object.getPrototypeOf(record) as { readonly constructor?: unknown } | null;
  const schema = prototype?.constructor;
  if (isSchema(schema)) return schemaOf(schema as SchemaClass<Record<string, unknown>>);
  refuseOtherCopy(record, "The value");
  if (schema !== undefined) refuseOtherCopy(schema, "The class of the record");
  const lost = Array.isArray(record)
    ? `${showValue(record)} was given.`
    : (lostClass(record) ??
      `one of ${(schema as { name?: string } | undefined)?.name ?? "no class"} was given, which has no @Schema above it.`);
  throw new InvalidOptionsError(`A record is needed here, an object of a schema class; ${lost}`);
}
