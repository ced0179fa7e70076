/** Types of what the query builder takes and gives: conditions, orders, plain rows and cursors. */

import type { EmbedKey, EmbedValue, FieldKey } from "../../schema/index.js";

type Ordered = string | number | bigint | Date | Uint8Array;

type RangeCondition<V> = V extends Ordered
  ? { readonly gt?: V; readonly gte?: V; readonly lt?: V; readonly lte?: V }
  : unknown;

type PrefixCondition<V> = V extends string | Uint8Array ? { readonly startsWith?: V } : unknown;

type ItemCondition<V> = V extends readonly (infer E)[]
  ? {
      /** Lists with this item. */
      readonly has?: E;
    }
  : unknown;

/** The operators of one field; several of them hold together. */
export type Operators<V> = {
  /** This value; `null` finds empty ones. */
  readonly eq?: V;
  /** Another value than this; empty values are none. */
  readonly ne?: V;
  /** One of these values; a `null` in the list finds empty ones. */
  readonly in?: readonly V[];
  /** Another value than these; empty values are none. */
  readonly notIn?: readonly V[];
  /** `true` finds empty values, `false` all others. */
  readonly isNull?: boolean;
} & RangeCondition<NonNullable<V>> &
  PrefixCondition<NonNullable<V>> &
  ItemCondition<NonNullable<V>>;

/** A plain value (equality) or operators. */
export type ConditionValue<V> = V | Operators<V>;

/** `or`: conditions of which one holds. A field of this name comes first; `or(a, b)` serves there. */
type OrCondition<T> = "or" extends FieldKey<T> ? unknown : { readonly or?: readonly Where<T>[] };

type PathConditions<T> = [EmbedKey<T>] extends [never]
  ? unknown
  : { readonly [P in EmbedKey<T>]?: ConditionValue<EmbedValue<T, P>> };

/** Conditions by field name, or by the path to a field of an embed, and alternatives. */
export type Where<T> = { readonly [K in FieldKey<T>]?: ConditionValue<T[K]> } & PathConditions<T> &
  OrCondition<T>;

/** How a field is ordered: its direction, and where empty values stand in it. */
export interface Ordering {
  /** From the smallest value up, or from the greatest down. Default `"asc"`. */
  readonly direction?: "asc" | "desc";
  /** Where empty values stand. Default `"first"` in `asc`, `"last"` in `desc`. */
  readonly nulls?: "first" | "last";
}

/** Directions by field name, in the order of importance. */
export type OrderByFields<T> = { readonly [K in FieldKey<T>]?: "asc" | "desc" | Ordering };

/** Fields by the names that rows give them. */
export type Renamed<T> = { readonly [name: string]: FieldKey<T> };

/** A field (ascending), directions by field, or a list of either. */
export type OrderBy<T> = FieldKey<T> | OrderByFields<T> | readonly (FieldKey<T> | OrderByFields<T>)[];

/** A row of a query on a source name: the fields found in the stored record. */
export type PlainRow = Record<string, unknown>;

declare const cursorBrand: unique symbol;

/** A place in the result of one query: opaque text, to be handed back to `.after(cursor)` or `repo.page`. */
export type Cursor = string & { readonly [cursorBrand]: true };
