/** The syntax tree of a query: what it asks for, as frozen data that knows nothing of indexes. */

import type { SchemaInfo } from "../../schema/index.js";
import { rootOf } from "./field-of.js";

/** How one field is compared. `any` is made of alternatives that all concern this field: its value is a list of them. */
export type ConditionOp =
  | "eq"
  | "ne"
  | "in"
  | "notIn"
  | "gt"
  | "gte"
  | "lt"
  | "lte"
  | "startsWith"
  | "isNull"
  | "any";

/** One comparison; those of a list all hold together. */
export interface Condition {
  readonly field: string;
  readonly op: ConditionOp;
  readonly value: unknown;
}

/** Lists of conditions of which one must hold whole; none at all match nothing. */
export type Alternatives = readonly (readonly Condition[])[];

export type Direction = "asc" | "desc";

export interface OrderTerm {
  readonly field: string;
  readonly direction: Direction;
  /** Where empty values stand, when that is not where keys have them: first in `asc`, last in `desc`. */
  readonly nulls?: "first" | "last";
}

/** A test in JavaScript that `.filter(fn)` adds. */
export type RowFilter = (row: never) => boolean;

/**
 * Gives the records of a relation by the ids of one side: the keys of the records that they belong to, or their own where
 * those hold them. `tx` is the Repo in the transaction of the preload.
 */
export type PreloadFunction = (ids: readonly unknown[], tx: never) => unknown;

/** A relation whose records are loaded with the rows. */
export interface PreloadStep {
  readonly relation: string;
  /** Which of its records, in which order and how many, for each of those that they belong to; undefined: all. */
  readonly query: QueryAst | undefined;
  /** Gives the records in place of a query. */
  readonly load: PreloadFunction | undefined;
  readonly below: readonly PreloadStep[];
}

/** What a query says, as frozen data; nothing here depends on indexes. */
export interface QueryAst {
  /** Absent in a query on a source name. */
  readonly info: SchemaInfo | undefined;
  readonly source: string;
  readonly where: readonly Condition[];
  /** Each of them must hold besides `where`: alternatives over several fields. */
  readonly or: readonly Alternatives[];
  readonly order: readonly OrderTerm[];
  /** Turns the order of the access path around, in a query without `order`. */
  readonly reverse: boolean;
  readonly limit: number | undefined;
  /** Rows that tie with the last one of the limit belong to the result as well. */
  readonly ties: boolean;
  readonly select: Selection | undefined;
  readonly preload: readonly PreloadStep[];
  /** A cursor's text; see `cursor.ts`. */
  readonly after: string | undefined;
  /** Name of the index that must be used, or `"primary"`. */
  readonly using: string | undefined;
  readonly filters: readonly RowFilter[];
  /** For each filter the values that it refers to, as text; undefined where nobody has said. */
  readonly captured: readonly (string | undefined)[];
  /** Reading a whole source (or index range) and testing in memory was asked for. */
  readonly scan: boolean;
  /** One row for each combination of the values of these fields. */
  readonly distinct: readonly string[] | undefined;
}

export interface Selection {
  readonly fields: readonly string[];
  /** One field was named alone, so a row is that field's plain value. */
  readonly single: boolean;
  /** What the row calls each of the fields; absent where it calls them by their own names. */
  readonly names?: readonly string[];
  /** The row is a record of its class that holds these fields and its key, and no others. */
  readonly record?: boolean;
}

/** What the rows of a selection call some fields of the record; a field that is not selected has no name. */
export function namesOf(select: Selection | undefined, fields: readonly string[]): readonly string[] {
  if (select === undefined) return fields;
  const { names = select.fields } = select;
  return names.filter((_, at) => fields.includes(select.fields[at]!));
}

export function emptyAst(source: string, info: SchemaInfo | undefined): QueryAst {
  return Object.freeze({
    info,
    source,
    where: [],
    or: [],
    order: [],
    reverse: false,
    limit: undefined,
    ties: false,
    select: undefined,
    preload: [],
    after: undefined,
    using: undefined,
    filters: [],
    captured: [],
    scan: false,
    distinct: undefined,
  });
}

/** The fields of the record that decide whether a row is one of the query's, `.filter` functions aside. */
export function conditionFields({
  info,
  where,
  or,
}: Pick<QueryAst, "info" | "where" | "or">): readonly string[] {
  const fields = [where, ...or.flat()].flat().map(({ field }) => rootOf(info, field));
  return [...new Set(fields)];
}

/** The name a message gives to the queried thing: the class, or the source in quotes. */
export const subjectOf = (ast: QueryAst): string => ast.info?.name ?? JSON.stringify(ast.source);
