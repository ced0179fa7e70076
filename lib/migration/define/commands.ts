import { MigrationError } from "../../errors.js";
import { freezeIndex, type IndexInfo, type IndexKind, indexName, storedKey } from "../../layer/index.js";
import {
  type FieldInfo,
  type FieldKey,
  findBuiltinType,
  type SchemaClass,
  type SchemaInfo,
  schemaOf,
} from "../../schema/index.js";
import { storedConditions, type Where } from "./where.js";

/** What `create` and `drop` take: made by `index`, `metadata` or `counter`. */
export interface Definition {
  /** The schema; undefined when only a source's name was given. */
  readonly schema: SchemaInfo | undefined;
  readonly index: IndexInfo;
}

export interface MigrationCommand {
  readonly action: "create" | "drop";
  readonly definition: Definition;
}

export interface IndexOptions<T> {
  /** No two records may have the same values; records with a null among them do not count. */
  readonly unique?: boolean;
  /** Fields whose values the entries hold, so that a query for them need not read the records. */
  readonly include?: readonly FieldKey<T>[];
  /** Default: `<source>_<fields>_index`. */
  readonly name?: string;
  /** A partial index holds only the records that satisfy these conditions. */
  readonly where?: Where<T>;
  /** The name of a custom indexer, see `registerIndexer`. */
  readonly indexer?: string;
}

/** For an index that is named by source alone, because its schema is gone or has lost the fields. */
export interface SourceIndexOptions {
  readonly unique?: boolean;
  readonly name?: string;
  readonly indexer?: string;
  /** Types of the fields by name; needed to create, not to drop. */
  readonly types?: Readonly<Record<string, string>>;
}

/**
 * An index on fields of a schema, in this order.
 *
 * @example create(index(Review, ["productId", "insertedAt"]))
 * @example create(index(User, ["email"], { unique: true }))
 * @example drop(index("users", ["nickname"])) // the field has left the schema
 * @throws MigrationError for an unknown field, a field twice, or a field whose type has no order
 */
export function index<T extends object>(
  schema: SchemaClass<T>,
  fields: readonly FieldKey<T>[],
  options?: IndexOptions<T>,
): Definition;
export function index(source: string, fields: readonly string[], options?: SourceIndexOptions): Definition;
export function index<T extends object>(
  schema: SchemaClass<T> | string,
  fields: readonly string[],
  options: IndexOptions<T> & SourceIndexOptions = {},
): Definition {
  if (fields.length === 0 && options.indexer === undefined) {
    throw new MigrationError('An index needs at least one field: index(Product, ["name"]).');
  }
  const kind = options.indexer === undefined ? "index" : "custom";
  return define(kind, schema, fields, "index", options);
}

/**
 * Change tracking of a source, which live queries stand on: every change is logged. With fields, also a signal for
 * each of their values, so that whoever follows one value sleeps through the others.
 *
 * @example create(metadata(Review))
 * @example create(metadata(Review, ["productId"]))
 */
export function metadata<T extends object>(schema: SchemaClass<T>, by?: readonly FieldKey<T>[]): Definition;
export function metadata(
  source: string,
  by?: readonly string[],
  options?: Pick<SourceIndexOptions, "types">,
): Definition;
export function metadata<T extends object>(
  schema: SchemaClass<T> | string,
  by: readonly string[] = [],
  options: Pick<SourceIndexOptions, "types"> = {},
): Definition {
  return define("metadata", schema, by, "metadata", options);
}

/**
 * The number of records, or of records for each value of some fields; kept by atomic additions, exact from the end
 * of the migration on. `repo.count` reads it instead of counting.
 *
 * @example create(counter(Review, ["productId"])) // await repo.count(from(Review).where({ productId })): one point read
 */
export function counter<T extends object>(
  schema: SchemaClass<T>,
  by?: readonly FieldKey<T>[],
  options?: { readonly name?: string; readonly where?: Where<T> },
): Definition;
export function counter(
  source: string,
  by?: readonly string[],
  options?: Pick<SourceIndexOptions, "types" | "name">,
): Definition;
export function counter<T extends object>(
  schema: SchemaClass<T> | string,
  by: readonly string[] = [],
  options: {
    readonly name?: string;
    readonly where?: Where<T>;
    readonly types?: Readonly<Record<string, string>>;
  } = {},
): Definition {
  return define("counter", schema, by, "counter", options);
}

/** Adds an index, metadata or a counter; existing records are taken in while everything goes on. */
export function create(definition: Definition): MigrationCommand {
  const { schema, index: info } = definition;
  if (schema === undefined && info.types.includes("")) {
    const fields = info.fields.map((field) => `${field}: "string"`).join(", ");
    throw new MigrationError(
      `To create an index on the source "${info.source}" without its schema, give the types: { types: { ${fields} } }.`,
    );
  }
  return Object.freeze({ action: "create", definition });
}

/** Removes an index, metadata or a counter, by its name. */
export function drop(definition: Definition): MigrationCommand {
  return Object.freeze({ action: "drop", definition });
}

interface Options<T> {
  readonly unique?: boolean;
  readonly include?: readonly string[];
  readonly name?: string;
  readonly where?: Where<T>;
  readonly indexer?: string;
  readonly types?: Readonly<Record<string, string>>;
}

function define<T extends object>(
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
  const included = (options.include ?? []).map((field) => storedField(info as SchemaInfo, field));
  const name = options.name ?? indexName(source, fields, suffix);
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
    include: included.map((field) => field.name),
    includeStored: included.map(storedKey),
    where: info === undefined ? undefined : storedConditions(info, options.where),
    indexer: options.indexer,
    state: "readable",
  });
  return Object.freeze({ schema: info, index });
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
