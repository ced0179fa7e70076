/** Types of preloads that say more than a path: what each relation takes, and what the rows become. */

import type { AssocKey, AssocKind, AssocTarget, Preloaded, PreloadPath } from "../../schema/index.js";
import type { Selects } from "./selects.js";

/**
 * Gives the records of a relation by ids: those of the records that they belong to (or their own, where those hold them); of
 * a many-to-many relation as pairs of such an id and a record. `tx` is the Repo in the transaction of the preload.
 */
export type PreloadLoad<U, Tx = never> = (
  ids: readonly never[],
  tx: Tx,
) =>
  | readonly (U | readonly [id: unknown, record: U])[]
  | Promise<readonly (U | readonly [id: unknown, record: U])[]>;

type Below<U, Tx> = PreloadPath<U> | PreloadTree<U, Tx>;

/** What one relation takes: true, what is below it, a query or function for its rows, or one of these and what is below. */
export type PreloadLevel<U, Tx = never> =
  | true
  | PreloadPath<U>
  | readonly PreloadPath<U>[]
  | PreloadTree<U, Tx>
  | Selects<U>
  | PreloadLoad<U, Tx>
  | readonly [rows: Selects<U> | PreloadLoad<U, Tx>, below: Below<U, Tx>];

/** What is preloaded, by relation; `Tx` is the type of the Repo that functions in it are given. */
export type PreloadTree<T, Tx = never> = {
  readonly [K in AssocKey<T>]?: PreloadLevel<AssocTarget<T[K]>, Tx>;
};

type With<U, B> = B extends string ? Preloaded<U, B> : PreloadedBy<U, B>;

/** A record of the relation, as the level loads it. */
type RowOf<U, L> = L extends true
  ? U
  : L extends string
    ? Preloaded<U, L>
    : L extends readonly [infer Rows, infer B]
      ? Rows extends string
        ? Preloaded<U, L[number] & string>
        : Rows extends Selects<infer R>
          ? With<R, B>
          : With<U, B>
      : L extends readonly string[]
        ? Preloaded<U, L[number]>
        : L extends (...args: never[]) => unknown
          ? U
          : L extends Selects<infer R>
            ? R
            : PreloadedBy<U, L>;

type Chosen = Selects<unknown> | ((...args: never[]) => unknown);

/** What is chosen among the rows may be none of them. */
type OrNull<Row, K extends keyof Row & string, L> = L extends Chosen | readonly [Chosen, unknown]
  ? null
  : null extends Preloaded<Row, K>[K]
    ? null
    : never;

/** A row with the relations of a {@link PreloadTree} readable. */
export type PreloadedBy<Row, S> = Row & {
  readonly [K in keyof S & keyof Row & string]: AssocKind<Row[K]> extends "hasMany" | "manyToMany"
    ? RowOf<AssocTarget<Row[K]>, S[K]>[]
    : RowOf<AssocTarget<Row[K]>, S[K]> | OrNull<Row, K, S[K]>;
};
