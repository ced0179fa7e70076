/** Tells from what the compiler recorded of a property that it is declared without `| null`. */

import { isSchema, type SchemaClass } from "../definition/index.js";
import { designType } from "./design-type.js";

const plain: ReadonlySet<unknown> = new Set([
  String,
  Number,
  Boolean,
  BigInt,
  Date,
  Uint8Array,
  Buffer,
  Array,
]);

/**
 * Whether the property is known to hold no null. Compilers record a union, and so `| null`, as `Object`; without strict
 * null checks tsc leaves the null out. Of `Object` and of nothing at all (esbuild, plain JavaScript) nothing is known.
 */
export function isDeclaredWithoutNull(prototype: object, property: string): boolean {
  const recorded = designType(prototype, property);
  return plain.has(recorded) || isSchema(recorded as SchemaClass);
}
