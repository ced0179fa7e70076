/** Describes an index as a migration will register it, and checks its fields. */

import { MigrationError } from "../../errors.js";
import { freezeIndex, type IndexInfo, type IndexKind, indexName, storedKey } from "../../layer/index.js";
import {
  type FieldInfo,
  findBuiltinType,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
} from "../../schema/index.js";
import { storedConditions, type Where } from "./where.js";

/** What `create` and `drop` take: made by `index`, `metadata`, `counter` or `sum`. */
export interface Definition {
  /** The schema; undefined when only a source's name was given. */
  readonly schema: SchemaInfo | undefined;
  readonly index: IndexInfo;
}

interface Options<T> {
  readonly unique?: boolean;
  readonly include?: readonly string[];
  readonly name?: string;
  readonly where?: Where<T>;
  readonly indexer?: string;
  readonly types?: Readonly<Record<string, string>>;
}

export function define<T extends object>(
  kind: IndexKind,
  schema: SchemaClass<T> | string,
  fields: readonly string[],
  suffix: string,
  options: Options<T>,
): Definition {
  const info = typeof schema === "string" ? undefined : (schemaOf(schema) as unknown as SchemaInfo);
  const source = typeof schema === "string" ? schema : (info as SchemaInfo).source;
  if (new Set(fields).size !== fields.length) {
    throw new MigrationError(
      `The fields ${fields.join(", ")} of an index on "${source}" must be different ones.`,
    );
  }
  const columns = info === undefined ? undefined : fields.map((field) => keyField(info, kind, field));
  const include = options.include ?? [];
  const included = info === undefined ? undefined : include.map((field) => storedField(info, field));
  if (kind === "sum") checkSummed(info, included?.[0], include[0]);
  // What is added up is part of the name: one source may have several sums by the same fields.
  const name = options.name ?? indexName(source, kind === "sum" ? [...fields, ...include] : fields, suffix);
  if (name === "") throw new MigrationError("The name of an index cannot be empty.");
  const index = freezeIndex({
    kind,
    source,
    name,
    key: info === undefined ? [] : keyOf(info),
    fields: [...fields],
    stored: columns?.map(storedKey) ?? [...fields],
    types: columns?.map((field) => field.type.name) ?? fields.map((field) => options.types?.[field] ?? ""),
    unique: options.unique === true,
    include: [...include],
    includeStored: included?.map(storedKey) ?? [...include],
    where: info === undefined ? undefined : storedConditions(info, options.where),
    indexer: options.indexer,
    state: "readable",
  });
  return Object.freeze({ schema: info, index });
}

/** Types whose values add up exactly, whatever the order of the additions. */
const summed: ReadonlySet<string> = new Set(["id", "integer", "bigint"]);

function checkSummed(info: SchemaInfo | undefined, field: FieldInfo | undefined, name: unknown): void {
  if (info === undefined && typeof name === "string" && name !== "") return;
  if (
    field !== undefined &&
    field !== info?.primaryKey &&
    field !== info?.partitionBy &&
    summed.has(field.type.name)
  )
    return;
  throw new MigrationError(
    `A sum adds up a field of whole numbers behind the key, of type ${[...summed].join(", ")}, ` +
      `and ${info?.name ?? "the source"}.${String(name)} is ${field === undefined ? "none" : `of type ${field.type.name}`}. ` +
      'Write sum(Order, "cents", ["customerId"]); amounts with decimals as whole numbers of their smallest unit.',
  );
}

function keyOf(info: SchemaInfo) {
  const fields = info.partitionBy === undefined ? [info.primaryKey] : [info.partitionBy, info.primaryKey];
  return fields.map(storedKey);
}

function storedField(info: SchemaInfo, name: string): FieldInfo {
  if (!info.hasField(name) || info.field(name).virtual) {
    const names = info.fields.map((field) => field.name).join(", ");
    throw new MigrationError(`${info.name} has no stored field "${name}"; it has ${names}.`);
  }
  return info.field(name);
}

function keyField(info: SchemaInfo, kind: IndexKind, name: string): FieldInfo {
  const field = storedField(info, name);
  if (field.type.toKey === undefined) {
    throw new MigrationError(
      `${info.name}.${name} has the type "${field.type.name}", which has no order and cannot be indexed; ` +
        "index another field, or give the type a toKey.",
    );
  }
  if (field.name === info.primaryKey.name && field.type.name === "versionstamp" && kind !== "metadata") {
    throw new MigrationError(
      `The commit assigns ${info.name}.${name}, so an index cannot list it; leave it out: ` +
        "the entries of an index are ordered by the primary key behind its fields anyway.",
    );
  }
  if (findBuiltinType(field.type.name) === undefined && field.type.load === undefined) {
    throw new MigrationError(`The type "${field.type.name}" of ${info.name}.${name} cannot be indexed.`);
  }
  return field;
}
