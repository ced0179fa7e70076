/** Infers the field type of a property whose decorator names none. */

import { SchemaError } from "../../errors.js";
import type { TypeName } from "../types/index.js";
import { designType } from "./design-type.js";

const fieldTypes: ReadonlyMap<unknown, TypeName> = new Map<unknown, TypeName>([
  [String, "string"],
  [Number, "float"],
  [Boolean, "boolean"],
  [BigInt, "bigint"],
  [Date, "utc_datetime_usec"],
  [Uint8Array, "binary"],
  [Buffer, "binary"],
]);

/**
 * The type of a property whose decorator names none, from what the compiler recorded.
 *
 * Everything else (a union, `| null`, a list, an interface, a class) is recorded as `Object` or not at all, so it is
 * refused here rather than guessed.
 */
export function inferType(prototype: object, property: string, decorator: string): TypeName {
  const recorded = designType(prototype, property);
  const type = fieldTypes.get(recorded);
  if (decorator === "PrimaryKey" && type === "string") return "binary_id";
  if (decorator === "PrimaryKey" && type === "float") return "id";
  if (type !== undefined) return type;
  const found = typeof recorded === "function" ? recorded.name : "nothing";
  throw new SchemaError(
    `${prototype.constructor.name}.${property}: the type cannot be read from the declaration (the compiler recorded ` +
      `${found}; it records a union, "| null", a list or an interface as Object, and nothing at all without ` +
      `"emitDecoratorMetadata"). Write it: @${decorator}("string") declare ${property}: string | null; ` +
      `or @Field({ array: "string" }) for a list.`,
  );
}
