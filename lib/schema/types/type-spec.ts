/** Types as they are written in a decorator, and how these are resolved. */

import { SchemaError } from "../../errors.js";
import { arrayOf } from "./array.js";
import { builtinType, isTypeName, type TypeMap, type TypeName, typeNames } from "./builtin.js";
import type { FieldType } from "./field-type.js";

/** A type as it is written in `@Field(…)`: a name, a list of a type, or a type object. */
export type TypeSpec = TypeName | { readonly array: TypeSpec } | FieldType;

/** The value that a record holds for a type. */
export type ValueOf<S> = S extends TypeName
  ? TypeMap[S]
  : S extends { readonly array: infer E }
    ? ValueOf<E>[]
    : S extends FieldType<infer T>
      ? T
      : never;

export function isFieldType(spec: unknown): spec is FieldType {
  if (typeof spec !== "object" || spec === null) return false;
  const type = spec as Partial<Record<keyof FieldType, unknown>>;
  return (
    typeof type.cast === "function" && typeof type.dump === "function" && typeof type.load === "function"
  );
}

function isArraySpec(spec: unknown): spec is { readonly array: TypeSpec } {
  return typeof spec === "object" && spec !== null && Object.hasOwn(spec, "array");
}

/** Whether `value` is written as a type (rather than as options). */
export function isTypeSpec(value: unknown): value is TypeSpec {
  return typeof value === "string" || isArraySpec(value) || isFieldType(value);
}

/** The type of a spec. Throws `SchemaError` that lists what can be written. */
export function resolveType(spec: unknown): FieldType {
  if (isTypeName(spec)) return builtinType(spec);
  if (isFieldType(spec)) return spec;
  if (isArraySpec(spec)) return arrayOf(resolveType(spec.array)) as FieldType;
  throw new SchemaError(
    `${typeof spec === "string" ? `"${spec}"` : "That"} is not a type. Write one of ${typeNames.join(", ")}; ` +
      `{ array: "string" }; enumOf("a", "b"); or an object with cast, dump and load.`,
  );
}
