/** Types as they are written in a decorator, and how these are resolved. */

import { SchemaError } from "../../errors.js";
import { arrayOf } from "./array.js";
import { builtinType, isTypeName, type TypeMap, type TypeName, typeNames } from "./builtin.js";
import type { FieldType } from "./field-type.js";
import { mapOf } from "./map.js";

/** A type as it is written in `@Field(…)`: a name, a list of a type, or a type object. */
export type TypeSpec =
  | TypeName
  | { readonly array: TypeSpec }
  | { readonly map: TypeName | FieldType }
  | FieldType;

/** The value that a record holds for a type. */
export type ValueOf<S> = S extends TypeName
  ? TypeMap[S]
  : S extends { readonly array: infer E }
    ? ValueOf<E>[]
    : S extends FieldType<infer T>
      ? T
      : S extends { readonly map: infer E extends TypeName }
        ? Record<string, TypeMap[E]>
        : S extends { readonly map: FieldType<infer V> }
          ? Record<string, V>
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

function isMapSpec(value: unknown): value is { readonly map: unknown } {
  return typeof value === "object" && value !== null && !isFieldType(value) && "map" in value;
}

/** Whether `value` is written as a type (rather than as options). */
export function isTypeSpec(value: unknown): value is TypeSpec {
  return typeof value === "string" || isArraySpec(value) || isMapSpec(value) || isFieldType(value);
}

/** The type of a spec. Throws `SchemaError` that lists what can be written. */
export function resolveType(spec: unknown): FieldType {
  if (isTypeName(spec)) return builtinType(spec);
  if (isFieldType(spec)) return spec;
  if (isArraySpec(spec)) return arrayOf(resolveType(spec.array)) as FieldType;
  if (isMapSpec(spec)) return mapOf(resolveType(spec.map)) as FieldType;
  throw new SchemaError(
    `${typeof spec === "string" ? `"${spec}"` : "That"} is not a type. Write one of ${typeNames.join(", ")}; ` +
      `{ array: "string" }; { map: "integer" }; enumOf("a", "b"); or an object with cast, dump and load.`,
  );
}
