import { SchemaError } from "../errors.js";
import type { SchemaClass } from "./brands.js";
import { redactInspection } from "./inspect.js";
import { registerSchema } from "./registry.js";
import { schemaOf } from "./schema-of.js";

const MAX_SOURCE_BYTES = 255;

function checkSource(schema: SchemaClass, source: unknown): asserts source is string {
  if (typeof source === "string" && source !== "" && Buffer.byteLength(source) <= MAX_SOURCE_BYTES) return;
  throw new SchemaError(
    `${schema.name} has no usable source: it is the name of its records in the store, a string of 1 to ` +
      `${MAX_SOURCE_BYTES} bytes. Write @Schema("${schema.name.toLowerCase()}s").`,
  );
}

/**
 * Makes a class a schema whose records are stored under `source`.
 *
 * The source, not the class's name, is written into keys: classes can be renamed, and two classes may share a source
 * (two views of the same records). The class is checked here, so a mistake shows when its module is loaded.
 *
 * @example \@Schema("products") export class Product { … }
 * @throws SchemaError naming class and field: no primary key or two, a name or tag twice, an unknown foreign key
 */
export function Schema(source: string): (schema: SchemaClass<object>) => void {
  return (schema) => {
    checkSource(schema, source);
    registerSchema(schema, source, false);
    redactInspection(schemaOf(schema));
  };
}

/**
 * Makes a class a schema whose records live inside other records (`@EmbedsOne`, `@EmbedsMany`). It needs no primary
 * key; with one, `castEmbed` matches the records of a list by it.
 */
export function EmbeddedSchema(): (schema: SchemaClass<object>) => void {
  return (schema) => {
    registerSchema(schema, schema.name, true);
    redactInspection(schemaOf(schema));
  };
}
