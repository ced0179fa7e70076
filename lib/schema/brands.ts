/**
 * Types that are read off a schema class. Decorators add run-time facts only, so everything the compiler must know
 * is in the declared type of a property: relations are opaque brands until they are preloaded.
 */

declare const association: unique symbol;

export type AssociationKind = "belongsTo" | "hasOne" | "hasMany";

/** A relation that has not been loaded: nothing can be read from it. */
export interface Association<Kind extends AssociationKind, T> {
  readonly [association]: readonly [Kind, T];
}

/** Any relation, matched by its shape (cheaper for the compiler than matching a class). */
export interface AnyAssociation {
  readonly [association]: readonly [AssociationKind, unknown];
}

/** The class of a schema, abstract ones included; instances are never made by calling it. */
export type SchemaClass<T = object> = abstract new (...args: never[]) => T;

type Method = (...args: never[]) => unknown;

/** Names of the fields of `T`: string keys that are neither relations nor methods. */
export type FieldKey<T> = keyof {
  [K in keyof T as NonNullable<T[K]> extends AnyAssociation | Method
    ? never
    : K extends string
      ? K
      : never]: 1;
} &
  keyof T &
  string;

/** Names of the relations of `T`. */
export type AssocKey<T> = keyof {
  [K in keyof T as NonNullable<T[K]> extends AnyAssociation ? (K extends string ? K : never) : never]: 1;
} &
  keyof T &
  string;

/** Names of the fields of `T` whose value, when it is not null, is a `V`. */
export type KeyOfType<T, V> = keyof { [K in FieldKey<T> as NonNullable<T[K]> extends V ? K : never]: 1 } &
  FieldKey<T>;

/** The record type behind a relation property. */
export type AssocTarget<P> =
  NonNullable<P> extends { readonly [association]: readonly [AssociationKind, infer U] } ? U : never;

/** The kind of a relation property. */
export type AssocKind<P> =
  NonNullable<P> extends { readonly [association]: readonly [infer Kind, unknown] } ? Kind : never;

type Shallower = [never, 0, 1, 2, 3];

/** Relation paths such as `"reviews.author"`, to three levels. */
export type PreloadPath<T, Depth extends Shallower[number] = 3> = [Depth] extends [never]
  ? never
  : { [K in AssocKey<T>]: K | `${K}.${PreloadPath<AssocTarget<T[K]>, Shallower[Depth]>}` }[AssocKey<T>];

type Head<P> = P extends `${infer H}.${string}` ? H : P;
type Tail<P, K> = P extends `${K & string}.${infer R}` ? R : never;

type Loaded<P, Path extends string> =
  NonNullable<P> extends { readonly [association]: readonly [infer Kind, infer U] }
    ? Kind extends "hasMany"
      ? readonly Preloaded<U, Path>[]
      : Preloaded<U, Path> | (null extends P ? null : never)
    : P;

/**
 * `T` with the relations of `Path` readable. It is still a `T`, so a preloaded row goes wherever a row is taken.
 *
 * @example Preloaded<Product, "reviews.author">["reviews"][number]["author"]
 */
export type Preloaded<T, Path extends string> = [Path] extends [never]
  ? T
  : T & { readonly [K in Head<Path> & keyof T]: Loaded<T[K], Tail<Path, K>> };

type Related<P> =
  | (AssocKind<P> extends "hasMany" ? readonly AssocTarget<P>[] : AssocTarget<P>)
  | (null extends P ? null : never);

/** What `build` and `Repo.insert` take: any of the fields, and related records in place of their keys. */
export type Attrs<T> = { readonly [K in FieldKey<T>]?: T[K] | undefined } & {
  readonly [K in AssocKey<T>]?: Related<T[K]> | undefined;
};
