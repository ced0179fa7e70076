/** The values that an enum field of a schema has. */

import { SchemaError } from "../../errors.js";
import type { FieldKey, SchemaClass } from "./brands.js";
import { schemaOf } from "./schema-of.js";

/**
 * The names of an enum field, or of a list of one, in the order of their declaration.
 *
 * @example enumValues(Ticket, "state") // ["open", "closed"]
 * @throws UnknownFieldError; SchemaError for a field of another type
 */
export function enumValues<T extends object, const K extends FieldKey<T>>(
  schema: SchemaClass<T>,
  field: K,
): readonly (T[K] extends readonly (infer E)[] | null ? E : NonNullable<T[K]>)[] {
  const { type, name } = schemaOf(schema).field(field);
  if (type.values !== undefined) return type.values as never;
  throw new SchemaError(
    `${schema.name}.${name} is of type "${type.name}", which has no list of values; declare it by enumOf("a", "b").`,
  );
}
