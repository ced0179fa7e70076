/** Describes an index as a migration will register it, and checks its fields. */

import { MigrationError } from "../../errors.js";
import { freezeIndex, type IndexInfo, type IndexKind, indexName, storedKey } from "../../layer/index.js";
import {
  embedPath,
  type FieldInfo,
  type FieldType,
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
  /** What is registered in a tenant: kind, name, fields and options. */
  readonly index: IndexInfo;
}

interface Options<T> {
  readonly unique?: boolean;
  readonly include?: readonly string[] | "all";
  readonly name?: string;
  readonly where?: Where<T>;
  readonly indexer?: string;
  readonly types?: Readonly<Record<string, string>>;
  readonly each?: true | string;
  readonly priority?: number;
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
  const each = eachOf(info, kind, source, fields, options);
  const columns =
    info === undefined ? undefined : fields.map((field, at) => columnOf(info, kind, field, at === each));
  const pathed = columns?.some(({ path }) => path.length > 0) === true;
  const whole = options.include === "all";
  if (whole) checkWhole(kind, source, options.each);
  const include = includedFields(source, options.include);
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
    stored: columns?.map(({ root }) => storedKey(root)) ?? [...fields],
    types: columns?.map(({ type }) => type.name) ?? fields.map((field) => options.types?.[field] ?? ""),
    unique: options.unique === true,
    include: [...include],
    includeStored: included?.map(storedKey) ?? [...include],
    ...(whole && { whole }),
    where: info === undefined ? undefined : storedConditions(info, options.where),
    indexer: options.indexer,
    state: "readable",
    ...(each !== undefined && { each }),
    ...(pathed && { paths: columns.map(({ path }) => path) }),
    ...priorityOf(kind, source, options.priority),
  });
  return Object.freeze({ schema: info, index });
}

interface IndexedField {
  /** The field of the record. */
  readonly root: FieldInfo;
  /** The steps from there into embeds, as they are stored. */
  readonly path: readonly string[];
  /** What the keys of the index hold. */
  readonly type: FieldType;
}

function columnOf(info: SchemaInfo, kind: IndexKind, name: string, each: boolean): IndexedField {
  if (each) {
    const root = storedField(info, name);
    return { root, path: [], type: root.type.element as FieldType };
  }
  const found = info.hasField(name) ? undefined : embedPath(info, name);
  if (found === undefined) {
    const root = keyField(info, kind, name);
    return { root, path: [], type: root.type };
  }
  const { root, stored, leaf } = found;
  if (kind !== "index") {
    throw new MigrationError(
      `${info.name}.${name} lies inside of an embed, where only a plain index reaches: index(${info.name}, ["${name}"]).`,
    );
  }
  requireOrder(info, name, leaf.type);
  return { root, path: stored, type: leaf.type };
}

/** The place of the list of which each item has an entry. */
function eachOf(
  info: SchemaInfo | undefined,
  kind: IndexKind,
  source: string,
  fields: readonly string[],
  { each, include = [] }: Pick<Options<never>, "each" | "include">,
): number | undefined {
  if (each === undefined) return undefined;
  const isList = (name: string) =>
    info?.hasField(name) === true && info.field(name).type.element !== undefined;
  const lists = fields.filter(isList);
  const name = each === true && lists.length === 1 ? lists[0] : each;
  const usable = kind === "index" && typeof name === "string" && fields.includes(name) && isList(name);
  if (!usable || info === undefined) {
    throw new MigrationError(
      `{ each } of an index on "${source}" names one of its fields that is a list, of a schema: ` +
        `index(Post, ["tags"], { each: "tags" }), or { each: true } for the only one. ` +
        `${lists.length === 0 ? "None of the fields is a list" : `Lists are: ${lists.join(", ")}`}; custom indexes have none.`,
    );
  }
  if (include !== "all" && include.includes(name)) {
    throw new MigrationError(
      `The index on "${source}" cannot hold "${name}" whole in each of its entries; leave it out of include.`,
    );
  }
  requireOrder(info, `${name}, each`, info.field(name).type.element as FieldType);
  return fields.indexOf(name);
}

/** Fields by name; none of an index that holds the records whole. */
function includedFields(source: string, include: Options<never>["include"]): readonly string[] {
  if (include === undefined || include === "all") return [];
  if (Array.isArray(include) && include.every((name) => typeof name === "string")) return include;
  throw new MigrationError(
    `{ include } of an index on "${source}" is a list of fields, or "all" for the records themselves; not ${String(include)}.`,
  );
}

function checkWhole(kind: IndexKind, source: string, each: unknown): void {
  if (kind === "index" && each === undefined) return;
  throw new MigrationError(
    `{ include: "all" } is for an index with one entry for each record: one on "${source}" that is custom, or that has ` +
      "{ each }, cannot have it; name the fields to include.",
  );
}

function requireOrder(info: SchemaInfo, name: string, { name: type, toKey }: FieldType): void {
  if (toKey !== undefined) return;
  throw new MigrationError(
    `${info.name}.${name} has the type "${type}", which has no order and cannot be indexed; ` +
      "index another field, or give the type a toKey.",
  );
}

function priorityOf(kind: IndexKind, source: string, priority: unknown): { readonly priority?: number } {
  if (priority === undefined || priority === 0) return {};
  if (kind === "index" && Number.isSafeInteger(priority)) return { priority: priority as number };
  throw new MigrationError(
    `{ priority } of an index on "${source}" is a whole number, and custom indexes have none; not ${String(priority)}.`,
  );
}

/** Types whose values add up exactly, whatever the order of the additions. */
const summed: ReadonlySet<string> = new Set(["id", "integer", "bigint"]);

function checkSummed(info: SchemaInfo | undefined, field: FieldInfo | undefined, name: unknown): void {
  if (info === undefined && typeof name === "string" && name !== "") return;
  if (field !== undefined && !info?.keyFields.includes(field) && summed.has(field.type.name)) return;
  throw new MigrationError(
    `A sum adds up a field of whole numbers behind the key, of type ${[...summed].join(", ")}, ` +
      `and ${info?.name ?? "the source"}.${String(name)} is ${field === undefined ? "none" : `of type ${field.type.name}`}. ` +
      'Write sum(Order, "cents", ["customerId"]); amounts with decimals as whole numbers of their smallest unit.',
  );
}

function keyOf(info: SchemaInfo) {
  return info.keyFields.map(storedKey);
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
