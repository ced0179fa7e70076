/** Finds the schema that a record is of, by its class. */

import { InvalidOptionsError } from "../../errors.js";
import { lostClass, type SchemaClass, type SchemaInfo, schemaOf, showValue } from "../../schema/index.js";

/** @throws InvalidOptionsError for what has no class, SchemaError for what is of a class without a schema */
export function schemaOfRecord(record: object): SchemaInfo<Record<string, unknown>> {
  const prototype = Object.getPrototypeOf(record) as { readonly constructor?: unknown } | null;
  const lost = Array.isArray(record) ? `${showValue(record)} was given.` : lostClass(record);
  if (lost === undefined) return schemaOf(prototype?.constructor as SchemaClass<Record<string, unknown>>);
  throw new InvalidOptionsError(`A record is needed here, an object of a schema class; ${lost}`);
}
