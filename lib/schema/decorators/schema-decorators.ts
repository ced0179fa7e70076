/** The decorators `@Schema` and `@EmbeddedSchema`, which make a class a schema. */

import { SchemaError } from "../../errors.js";
import { checkWhenDefined, registerSchema, type SchemaClass, schemaOf } from "../definition/index.js";
import { jsonBigints, redactInspection } from "../record/index.js";
import { showValue } from "../types/index.js";
import { refuseBareForm, refuseStandardForm } from "./decorator-form.js";

const MAX_SOURCE_BYTES = 255;

function checkSource(schema: SchemaClass, source: unknown): asserts source is string {
  if (typeof source === "string" && source !== "" && Buffer.byteLength(source) <= MAX_SOURCE_BYTES) return;
  throw new SchemaError(
    `${schema.name} has no usable source: it is the name of its records in the store, a string of 1 to ` +
      `${MAX_SOURCE_BYTES} bytes. Write @Schema("${schema.name.toLowerCase()}s").`,
  );
}

/** Options of `@Schema` and `@EmbeddedSchema`. */
export interface SchemaOptions {
  /**
   * The name in stored records of each property whose decorator gives none; default: the property's own. For readers in
   * other languages, as `(property) => property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)`.
   */
  readonly fieldSource?: (property: string) => string;
  /** Redacts every field but those of the key, as `{ redact: true }` on each of them does. Default: none. */
  readonly redact?: "allButKeys";
}

function checkOptions(decorator: string, schema: SchemaClass, options: unknown): SchemaOptions {
  const known = typeof options === "object" && options !== null ? Object.keys(options) : ["?"];
  const { fieldSource, redact } = (options ?? {}) as SchemaOptions;
  const usable =
    (fieldSource === undefined || typeof fieldSource === "function") &&
    (redact === undefined || redact === "allButKeys");
  if (known.every((name) => name === "fieldSource" || name === "redact") && usable) {
    return { ...(fieldSource && { fieldSource }), ...(redact && { redact }) };
  }
  throw new SchemaError(
    `@${decorator} of ${schema.name} takes { fieldSource: (property) => … }, the names of its fields in stored records, and ` +
      `{ redact: "allButKeys" }. Given: ${showValue(options)}${typeof options === "object" && options !== null ? ` (${known.join(", ")})` : ""}.`,
  );
}

/**
 * Makes a class a schema whose records are stored under `source`, a name of 1 to 255 bytes.
 *
 * The source, not the class's name, is written into keys: classes can be renamed, and two classes may share a source (two
 * views of the same records). The class is checked here, so a mistake shows when its module is loaded.
 *
 * @example
 * \@Schema("products")
 * export class Product {
 *   \@PrimaryKey("binary_id", { autogenerate: true }) declare id: string;
 *   \@Field("string") declare name: string;
 * }
 * @throws SchemaError naming class and field: no primary key or two, a name or tag twice, an unknown foreign key or option
 */
export function Schema(source: string, options: SchemaOptions = {}): (schema: SchemaClass<object>) => void {
  refuseBareForm("Schema", source, '("products")');
  return (schema, context?: unknown) => {
    refuseStandardForm("Schema", schema, context);
    checkSource(schema, source);
    const { fieldSource, redact } = checkOptions("Schema", schema, options);
    registerSchema(schema, source, false, fieldSource, redact);
    redactInspection(schemaOf(schema));
    jsonBigints(schemaOf(schema));
    checkWhenDefined(schema);
  };
}

/**
 * Makes a class a schema whose records live inside other records (`@EmbedsOne`, `@EmbedsMany`). It needs no primary key;
 * with one, `castEmbed` matches the records of a list by it.
 *
 * @example
 * \@EmbeddedSchema()
 * export class Address {
 *   \@Field("string") declare city: string;
 * }
 * @throws SchemaError naming class and field: a name or tag twice, an unknown option
 */
export function EmbeddedSchema(options: SchemaOptions = {}): (schema: SchemaClass<object>) => void {
  refuseBareForm("EmbeddedSchema", options, "()");
  return (schema, context?: unknown) => {
    refuseStandardForm("EmbeddedSchema", schema, context);
    const { fieldSource, redact } = checkOptions("EmbeddedSchema", schema, options);
    registerSchema(schema, schema.name, true, fieldSource, redact);
    redactInspection(schemaOf(schema));
    jsonBigints(schemaOf(schema));
  };
}
