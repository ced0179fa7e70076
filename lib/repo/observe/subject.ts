/** Finds the schema and the source that the first argument of an operation is about, for its trace. */

import { isChangeset } from "../../changeset/index.js";
import { astOf } from "../../query/index.js";
import { isSchema, type SchemaClass, schemaOf } from "../../schema/index.js";

/** The class and the source; undefined where they are not known. */
export interface Subject {
  readonly schema: string | undefined;
  readonly source: string | undefined;
}

export function subjectOf(value: unknown): Subject {
  try {
    if (typeof value === "string") return { schema: undefined, source: value };
    if (typeof value === "function" && isSchema(value as SchemaClass)) return factsOf(value as SchemaClass);
    if (isChangeset(value)) return factsOf(value.data.constructor as SchemaClass);
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === "object" && first !== null && isSchema(first.constructor as SchemaClass)) {
      return factsOf(first.constructor as SchemaClass);
    }
    const { info, source } = astOf(value as object);
    return { schema: info?.name, source };
  } catch {
    // Arguments that are no query are refused by the operation itself.
    return { schema: undefined, source: undefined };
  }
}

function factsOf(schema: SchemaClass): Subject {
  const { name, source } = schemaOf(schema);
  return { schema: name, source };
}
