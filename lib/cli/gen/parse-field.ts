/** Turns a field of the command line, such as `note:string?`, into lines of a class. */

import { UsageError } from "../../errors.js";
import { nearMisses } from "../../schema/index.js";
import { className, propertyName, wordsOf } from "./names.js";
import { refuseTakenClass, refuseTakenProperty } from "./taken-names.js";

/** The TypeScript type of a property, by the name of its field type. */
const propertyTypes: Readonly<Record<string, string>> = {
  id: "number",
  integer: "number",
  float: "number",
  bigint: "bigint",
  boolean: "boolean",
  string: "string",
  binary: "Uint8Array",
  binary_id: "string",
  uuid: "string",
  date: "string",
  time: "string",
  utc_datetime: "Date",
  utc_datetime_usec: "Date",
  decimal: "string",
  json: "unknown",
  versionstamp: "Versionstamp",
};

/** One `field:type` of the command line, as lines of a class. */
export interface FieldSource {
  readonly lines: readonly string[];
  /** Names to import from "plinth". */
  readonly imports: readonly string[];
  /** The class that it refers to. */
  readonly target: string | undefined;
  /** The field that `cast` takes. */
  readonly name: string;
  /** All properties that it declares. */
  readonly properties: readonly string[];
  /** Whether it must have a value. */
  readonly required: boolean;
}

const HELP =
  "Write field:type, field:type? (may be null), field:type[] (a list), field:enum(a,b) or name:references(Schema).";

/**
 * Reads `title:string`, `note:string?`, `tags:string[]`, `state:enum(open,closed)` or `author:references(User)`.
 *
 * @throws UsageError
 */
export function parseField(spec: string): FieldSource {
  const [, rawName, rawType, list, optional] = /^([^:]+):(\w+(?:\([^)]*\))?)(\[\])?(\?)?$/.exec(spec) ?? [];
  if (rawName === undefined || rawType === undefined) throw new UsageError(`"${spec}" is no field. ${HELP}`);
  const name = propertyName(rawName);
  refuseTakenProperty(rawName, name);
  const nullable = optional === undefined ? "" : " | null";
  const [, call, argument = ""] = /^(\w+)\((.*)\)$/.exec(rawType) ?? [];
  if (call === "references" && list === undefined) return reference(name, argument, nullable);
  if (call === "enum" && list === undefined) return enumeration(name, argument, nullable, spec);
  if (call !== undefined) throw new UsageError(`"${spec}" is no field. ${HELP}`);
  return plain(name, rawType, list !== undefined, nullable);
}

function plain(name: string, type: string, list: boolean, nullable: string): FieldSource {
  const property = Object.hasOwn(propertyTypes, type) ? propertyTypes[type] : undefined;
  if (property === undefined) throw unknownType(type);
  const written = list ? `{ array: "${type}" }` : `"${type}"`;
  // `unknown | null` is `unknown`.
  const suffix = property === "unknown" && !list ? "" : nullable;
  return {
    lines: [`@Field(${written}) declare ${name}: ${property}${list ? "[]" : ""}${suffix};`],
    imports: property === "Versionstamp" ? ["Field", "type Versionstamp"] : ["Field"],
    target: undefined,
    name,
    properties: [name],
    required: nullable === "",
  };
}

function enumeration(name: string, argument: string, nullable: string, spec: string): FieldSource {
  const values = argument.split(",").map((value) => value.trim());
  if (values.some((value) => !/^[\w-]+$/.test(value))) throw new UsageError(`"${spec}" is no field. ${HELP}`);
  if (new Set(values).size < values.length) throw new UsageError(`"${spec}" has a value twice. ${HELP}`);
  const quoted = values.map((value) => `"${value}"`);
  return {
    lines: [`@Field(enumOf(${quoted.join(", ")})) declare ${name}: ${quoted.join(" | ")}${nullable};`],
    imports: ["Field", "enumOf"],
    target: undefined,
    name,
    properties: [name],
    required: nullable === "",
  };
}

function reference(name: string, argument: string, nullable: string): FieldSource {
  const target = className(argument);
  refuseTakenClass(argument, target);
  const key = `${name}Id`;
  return {
    lines: [
      `@Field("binary_id") declare ${key}: string${nullable};`,
      `@BelongsTo(() => ${target}, "${key}") declare ${name}: BelongsTo<${target}>;`,
    ],
    imports: ["Field", "BelongsTo"],
    target,
    name: key,
    properties: [key, name],
    required: nullable === "",
  };
}

function unknownType(type: string): UsageError {
  const names = Object.keys(propertyTypes);
  // `int` and `text` are too short to be a slip of one letter.
  const guess = synonyms[wordsOf(type).join("")] ?? nearMisses(type, names)[0];
  return new UsageError(
    `"${type}" is no type.${guess === undefined ? "" : ` Did you mean "${guess}"?`} There are: ${names.join(", ")}.`,
  );
}

const synonyms: Readonly<Record<string, string>> = {
  int: "integer",
  number: "float",
  text: "string",
  bool: "boolean",
  datetime: "utc_datetime",
  timestamp: "utc_datetime",
  bytes: "binary",
  blob: "binary",
  map: "json",
};
