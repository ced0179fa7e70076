/** A plan: the path that a query takes, the key ranges on it, and what is left to do in memory. */

import type { TupleItem } from "../../tuple/index.js";
import type { Alternatives, Condition, OrderTerm, QueryAst } from "../words/index.js";
import type { AccessPath } from "./access-path.js";

/** One contiguous piece of an access path: keys relative to the path's own subspace. */
export interface Span {
  readonly begin: Uint8Array;
  readonly end: Uint8Array;
  /** Bytes of `begin` that every key of the span starts with: the elements fixed by equality. */
  readonly prefixLength: number;
  /** Every element of the key is fixed, so a Get reads it. */
  readonly point: boolean;
  /** The span in words, such as `author = "Ada", score >= 3`. */
  text(): string;
}

/** One alternative of a query, read by itself. */
export interface UnionPart {
  readonly ast: QueryAst;
  readonly plan: Plan;
}

/** Several plans whose rows together, each of them once, are those of the query. */
export interface Union {
  readonly parts: readonly UnionPart[];
  /** Rows merged in the query's order, sorted after all were read, or part after part in their own orders. */
  readonly arrange: "merge" | "sort" | "sequence";
  /** In a merge behind a cursor: the values of `order` that rows must lie behind. */
  readonly after: readonly TupleItem[] | undefined;
}

/** How a query will be read: frozen data, made without I/O. */
export interface Plan {
  /** `"empty"` when the conditions contradict each other: nothing is read. `"custom"`: the indexer gives the range. */
  readonly kind: "empty" | "primary" | "index" | "custom" | "union";
  readonly path: AccessPath;
  readonly spans: readonly Span[];
  /** Spans one after the other, or all at once with their entries merged in order. */
  readonly arrange: "sequence" | "merge";
  /** Each span is read backwards. */
  readonly reverse: boolean;
  /** The total order in which rows are delivered; fields fixed to one value are left out. */
  readonly order: readonly OrderTerm[];
  /** Set when the rows are sorted in memory, after all of them were read. */
  readonly sort: readonly OrderTerm[] | undefined;
  readonly limit: number | undefined;
  /** Conditions that are tested in memory, which only `.scan()` allows. */
  readonly residual: readonly Condition[];
  /** Alternatives over several fields that are tested in memory. */
  readonly alternatives: readonly Alternatives[];
  /** Number of `.filter` functions. */
  readonly filters: number;
  /** Rows are read by primary key after their index entries. */
  readonly fetch: boolean;
  /** One row for each combination of the values of these fields. */
  readonly distinct: readonly string[] | undefined;
  /** Of kind `"union"`. */
  readonly union: Union | undefined;
}

/** Whether the entries of a plan hold the records themselves, apart from long ones. */
export const tellsRows = ({ path, fetch }: Plan): boolean => !fetch && path.index?.whole === true;

/** Whether rows of a plan may be read by their keys: all, or those that are too long for an entry. */
export const readsRows = (plan: Plan): boolean =>
  plan.fetch || tellsRows(plan) || plan.union?.parts.some((part) => readsRows(part.plan)) === true;
