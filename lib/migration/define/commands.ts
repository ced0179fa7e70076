/** The words of a migration: `create` and `drop` of an `index`, `metadata`, a `counter` or a `sum`. */

import { MigrationError } from "../../errors.js";
import type { EmbedKey, FieldKey, KeyOfType, SchemaClass } from "../../schema/index.js";
import { type Definition, define } from "./definition.js";
import type { ExecuteCommand } from "./execute.js";
import type { Where } from "./where.js";

/** A command that creates or drops an index, metadata, a counter or a sum. */
export interface IndexCommand {
  /** Which of the two. */
  readonly action: "create" | "drop";
  /** What is created or dropped. */
  readonly definition: Definition;
}

/** What `change()` lists: what `create`, `drop` and `execute` make. */
export type MigrationCommand = IndexCommand | ExecuteCommand;

/** Options of `index` on a schema. */
export interface IndexOptions<T> {
  /** No two records may have the same values; records with a null among them do not count. Default false. */
  readonly unique?: boolean;
  /**
   * Fields whose values the entries hold, so that a query for them need not read the records. `"all"`: the records
   * themselves, so that no query by this index reads them elsewhere, nor do `updateAll` and `deleteAll`; each is then stored
   * once more, and those of over 45 kB are read by their keys. Default: none.
   */
  readonly include?: readonly FieldKey<T>[] | "all";
  /** Default: `<source>_<fields>_index`. */
  readonly name?: string;
  /** A partial index holds only the records that satisfy these conditions. Default: it holds all. */
  readonly where?: Where<T>;
  /** The name of a custom indexer, see `registerIndexer`. Default: a plain index. */
  readonly indexer?: string;
  /**
   * A field that is a list, of which each item gets an entry: `.where({ tags: { has: v } })` reads it. `true` stands for
   * the only list among the fields. Rows with an empty list have no entry. Default: none, a list is one value.
   */
  readonly each?: true | FieldKey<T>;
  /** Of several indexes that serve a query, the one with the highest number is read: a whole number, default 0. */
  readonly priority?: number;
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
 * @example create(index(Product, ["name"], { include: "all" })) // queries and updateAll by name read nothing but the index
 * @example create(index(Post, ["tags"], { each: true })) // from(Post).where({ tags: { has: "new" } })
 * @example create(index(User, ["address.city"])) // from(User).where({ "address.city": "Oslo" })
 * @example drop(index("users", ["nickname"])) // the field has left the schema
 * @throws MigrationError for an unknown field, a field twice, or a field whose type has no order
 */
export function index<T extends object>(
  schema: SchemaClass<T>,
  fields: readonly (FieldKey<T> | EmbedKey<T>)[],
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
  checkOptions(options);
  const kind = options.indexer === undefined ? "index" : "custom";
  return define(kind, schema, fields, "index", options);
}

const optionNames: ReadonlySet<string> = new Set([
  "unique",
  "include",
  "name",
  "where",
  "indexer",
  "each",
  "priority",
  "types",
]);

function checkOptions(options: object): void {
  const unknown = Object.keys(options).find((name) => !optionNames.has(name));
  if (unknown === undefined) return;
  throw new MigrationError(
    `index(S, fields, options) has no option "${unknown}"; there are ${[...optionNames].join(", ")}.`,
  );
}

/**
 * Change tracking of a source, which live queries stand on: every change is logged. With fields, also a signal for each of
 * their values, so that whoever follows one value sleeps through the others.
 *
 * @example create(metadata(Review))
 * @example create(metadata(Review, ["productId"]))
 * @throws MigrationError for an unknown field, a field twice, or a field whose type has no order; SchemaError
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
 * The number of records, or of records for each value of some fields; kept by atomic additions, exact from the end of the
 * migration on. `repo.count` reads it instead of counting.
 *
 * @example create(counter(Review, ["productId"])) // await repo.count(from(Review).where({ productId })): one point read
 * @throws MigrationError for an unknown field, a field twice, or a field whose type has no order; SchemaError
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

/**
 * The sum of a field of whole numbers, over all records or over those with each value of some fields, and the number of
 * values in it; kept by atomic additions, exact from the end of the migration on. `repo.aggregate` reads it for `sum` and
 * `avg` instead of adding up.
 *
 * @example create(sum(Order, "cents", ["customerId"])) // repo.aggregate(from(Order).where({ customerId }), "sum", "cents")
 * @throws MigrationError for a field that is no `integer`, `id` or `bigint`: sums of others are not exact
 */
export function sum<T extends object>(
  schema: SchemaClass<T>,
  field: KeyOfType<T, number | bigint>,
  by?: readonly FieldKey<T>[],
  options?: { readonly name?: string; readonly where?: Where<T> },
): Definition;
export function sum(
  source: string,
  field: string,
  by?: readonly string[],
  options?: Pick<SourceIndexOptions, "types" | "name">,
): Definition;
export function sum<T extends object>(
  schema: SchemaClass<T> | string,
  field: string,
  by: readonly string[] = [],
  options: {
    readonly name?: string;
    readonly where?: Where<T>;
    readonly types?: Readonly<Record<string, string>>;
  } = {},
): Definition {
  return define("sum", schema, by, "sum", { ...options, include: [field] });
}

/**
 * Adds an index, metadata, a counter or a sum; existing records are taken in while everything goes on.
 *
 * @example create(index(Product, ["name"]))
 * @throws MigrationError for one that is named by source alone without the types of its fields
 */
export function create(definition: Definition): IndexCommand {
  const { schema, index: info } = definition;
  if (schema === undefined && info.types.includes("")) {
    const fields = info.fields.map((field) => `${field}: "string"`).join(", ");
    throw new MigrationError(
      `To create an index on the source "${info.source}" without its schema, give the types: { types: { ${fields} } }.`,
    );
  }
  return Object.freeze({ action: "create", definition });
}

/**
 * Removes an index, metadata, a counter or a sum, by its name.
 *
 * @example drop(counter(Review, ["productId"]))
 */
export function drop(definition: Definition): IndexCommand {
  return Object.freeze({ action: "drop", definition });
}
