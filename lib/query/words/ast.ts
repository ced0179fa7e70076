/** The syntax tree of a query: what it asks for, as frozen data that knows nothing of indexes. */

import type { SchemaInfo } from "../../schema/index.js";

/** How one field is compared. */
export type ConditionOp = "eq" | "in" | "gt" | "gte" | "lt" | "lte" | "startsWith" | "isNull";

/** One comparison; the conditions of a query all hold together. */
export interface Condition {
  readonly field: string;
  readonly op: ConditionOp;
  readonly value: unknown;
}

export type Direction = "asc" | "desc";

export interface OrderTerm {
  readonly field: string;
  readonly direction: Direction;
}

/** A test in JavaScript that `.filter(fn)` adds. */
export type RowFilter = (row: never) => boolean;

/** What a query says, as frozen data; nothing here depends on indexes. */
export interface QueryAst {
  /** Absent in a query on a source name. */
  readonly info: SchemaInfo | undefined;
  readonly source: string;
  readonly where: readonly Condition[];
  readonly order: readonly OrderTerm[];
  /** Turns the order of the access path around, in a query without `order`. */
  readonly reverse: boolean;
  readonly limit: number | undefined;
  readonly select: Selection | undefined;
  readonly preload: readonly string[];
  /** A cursor's text; see `cursor.ts`. */
  readonly after: string | undefined;
  /** Name of the index that must be used, or `"primary"`. */
  readonly using: string | undefined;
  readonly filters: readonly RowFilter[];
  /** For each filter the values that it refers to, as text; undefined where nobody has said. */
  readonly captured: readonly (string | undefined)[];
  /** Reading a whole source (or index range) and testing in memory was asked for. */
  readonly scan: boolean;
  readonly distinct: string | undefined;
}

export interface Selection {
  readonly fields: readonly string[];
  /** One field was named alone, so a row is that field's plain value. */
  readonly single: boolean;
}

export function emptyAst(source: string, info: SchemaInfo | undefined): QueryAst {
  return Object.freeze({
    info,
    source,
    where: [],
    order: [],
    reverse: false,
    limit: undefined,
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

/** The name a message gives to the queried thing: the class, or the source in quotes. */
export const subjectOf = (ast: QueryAst): string => ast.info?.name ?? JSON.stringify(ast.source);
