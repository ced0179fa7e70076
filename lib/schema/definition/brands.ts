/** Types that the compiler reads off a schema class: its fields, its relations, and what preloading makes of them. */

import type { Versionstamp } from "../../tuple/index.js";

// Decorators add run-time facts only, so everything the compiler must know is in the declared type of a property:
// relations are opaque brands until they are preloaded.

declare const association: unique symbol;

export type AssociationKind = "belongsTo" | "hasOne" | "hasMany" | "manyToMany";

type Many = "hasMany" | "manyToMany";

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
// These four are most of what a program pays for Plinth's types (npm run test:types counts it). Cheap forms: a mapped
// type read by its keys, not `keyof` of one with `as`; null and undefined in the comparison, not NonNullable.
type NotAField = AnyAssociation | Method | null | undefined;
type MaybeAssociation = AnyAssociation | null | undefined;
type KeyOf<T, V> = { [K in keyof T]-?: T[K] extends V ? K : never }[keyof T] & keyof T & string;

/** Names of the fields of `T`: string keys that are neither relations nor methods. */
export type FieldKey<T> = { [K in keyof T]-?: T[K] extends NotAField ? never : K }[keyof T] &
  keyof T &
  string;

/** Names of the relations of `T`. */
export type AssocKey<T> = KeyOf<T, MaybeAssociation>;

/** Names of the fields of `T` whose value, when it is not null, is a `V`. */
export type KeyOfType<T, V> = KeyOf<T, V | null | undefined>;

type Summand<V, K> = unknown extends V
  ? K
  : NonNullable<V> extends number | bigint | `${number}`
    ? K
    : string extends NonNullable<V>
      ? K
      : never;

/** Names of the fields of `T` that can be added up: numbers, bigints and decimals, which are text. */
export type SummandKey<T> = { [K in keyof T]-?: Summand<T[K], K> }[keyof T] & keyof T & string;

/** A value with any names in it is taken for no key: it would hold whatever is misspelt. */
type KeyValue<V> = V extends object ? (string extends keyof V ? never : V) : never;

/**
 * What `repo.get` finds a record by: the value of its key, or, of a partitioned or composite one, all values in their order or
 * by name. Which fields are the key's, decorators say at run time only.
 */
export type IdOf<T> =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | Versionstamp
  | readonly unknown[]
  | KeyValue<T[FieldKey<T>]>
  | { readonly [K in FieldKey<T>]?: T[K] };

/** What has no fields of its own to be named in a path. */
type NoEmbed = AnyAssociation | Method | readonly unknown[] | Date | Uint8Array | null | undefined;
type Embedded<T> = {
  [K in keyof T]-?: T[K] extends object | null | undefined ? (T[K] extends NoEmbed ? never : K) : never;
}[keyof T] &
  keyof T &
  string;
type StepInto<T, K extends keyof T & string> = K extends K ? `${K}.${FieldKey<NonNullable<T[K]>>}` : never;
type LastSteps<T, K extends keyof T & string = Embedded<T>> = [K] extends [never] ? never : StepInto<T, K>;
type StepsInto<T, K extends keyof T & string> = K extends K
  ? `${K}.${FieldKey<NonNullable<T[K]>> | LastSteps<NonNullable<T[K]>>}`
  : never;

/** Paths such as `"address.city"` and `"address.geo.zone"` to the fields of embeds, and of those that lie in them. */
export type EmbedKey<T, K extends keyof T & string = Embedded<T>> = [K] extends [never]
  ? never
  : StepsInto<T, K>;

/** The value at the end of a path; null where a step may be. */
export type EmbedValue<T, P> = P extends `${infer K}.${infer F}`
  ? K extends keyof T
    ?
        | (F extends keyof NonNullable<T[K]> ? NonNullable<T[K]>[F] : EmbedValue<NonNullable<T[K]>, F>)
        | Extract<T[K], null>
    : never
  : never;

/** The record type behind a relation property. */
export type AssocTarget<P> = P extends { readonly [association]: readonly [AssociationKind, infer U] }
  ? U
  : never;

/** The kind of a relation property. */
export type AssocKind<P> = P extends { readonly [association]: readonly [infer Kind, unknown] }
  ? Kind
  : never;

type Path2<T, K = AssocKey<T>> = K extends keyof T & string
  ? K | `${K}.${AssocKey<AssocTarget<T[K]>>}`
  : never;
type Path3<T, K = AssocKey<T>> = K extends keyof T & string ? K | `${K}.${Path2<AssocTarget<T[K]>>}` : never;

/** Relation paths such as `"reviews.author"`, to three relations. */
export type PreloadPath<T> = Path3<T>;

type Head<P> = P extends `${infer H}.${string}` ? H : P;
type Tail<P, K> = P extends `${K & string}.${infer R}` ? R : never;

/** `null` when the key of the relation, by its name, may be null, and when no field has that name. */
type NullByKey<T, K> = K extends string
  ? `${K}Id` extends keyof T
    ? null extends T[`${K}Id`]
      ? null
      : never
    : null
  : never;

type Loaded<T, K extends keyof T, P, Path extends string> = P extends {
  readonly [association]: readonly [infer Kind, infer U];
}
  ? Kind extends Many
    ? Preloaded<U, Path>[]
    : Preloaded<U, Path> | (Kind extends "hasOne" ? null : NullByKey<T, K>)
  : never;

/**
 * `T` with the relations of `Path` readable. It is still a `T`, so a preloaded row goes wherever a row is taken.
 *
 * @example const authorOf = (product: Preloaded<Product, "reviews.author">) => product.reviews[0]?.author;
 */
export type Preloaded<T, Path extends string> = [Path] extends [never]
  ? T
  : T & { readonly [K in Head<Path> & keyof T]: Loaded<T, K, T[K], Tail<Path, K>> };

type Related<P> = P extends { readonly [association]: readonly [infer Kind, infer U] }
  ? Kind extends Many
    ? readonly (U | Attrs<U>)[]
    : U | Attrs<U>
  : P;

/**
 * What `build` takes: any of the fields, and related records in place of their keys, or the attributes of new ones, to any
 * depth.
 */
export type Attrs<T> = { readonly [K in FieldKey<T>]?: T[K] | undefined } & {
  readonly [K in AssocKey<T>]?: Related<T[K]> | undefined;
};

/**
 * Names the fields that an insert fills in by itself, which the compiler cannot see: those with a default, and keys and
 * timestamps with names of their own. A class that has it is checked to the letter.
 *
 * @example declare readonly [OptionalFields]?: "stock" | "createdAt";
 */
export const OptionalFields: unique symbol = Symbol("plinth.OptionalFields");

/** Filled in under these names in any class: generated keys and timestamps, and the keys of related records. */
type Filled<T> = "id" | "insertedAt" | "updatedAt" | ([AssocKey<T>] extends [never] ? never : `${string}Id`);

/** A getter is read-only, and no field. Two generic functions compare types to the letter. */
type Settable<T, K extends keyof T> =
  (<G>() => G extends { [P in K]: T[P] } ? 1 : 2) extends <G>() => G extends { -readonly [P in K]: T[P] }
    ? 1
    : 2
    ? K
    : never;

/** Without the list, what usually has a default may be left out: numbers, booleans, lists and enums. */
type Usual<V, K> = V extends boolean | number | bigint | readonly unknown[]
  ? never
  : V extends string
    ? string extends V
      ? K
      : never
    : K;

type RequiredAs<T, K extends keyof T> = null extends T[K]
  ? never
  : undefined extends T[K]
    ? never
    : T[K] extends NotAField
      ? never
      : typeof OptionalFields extends keyof T
        ? K extends T[typeof OptionalFields]
          ? never
          : Settable<T, K>
        : [Usual<T[K], K>] extends [never]
          ? never
          : Settable<T, K>;

/** Names of the fields that an insert of a `T` cannot leave out. */
export type RequiredKey<T, Given = Filled<T>> = {
  [K in keyof T]-?: K extends Given ? never : RequiredAs<T, K>;
}[keyof T] &
  keyof T &
  string;

type NewRelated<P> = P extends { readonly [association]: readonly [infer Kind, infer U] }
  ? Kind extends Many
    ? readonly (U | NewAttrs<U, Filled<U> | `${string}Id`>)[]
    : U | NewAttrs<U, Filled<U> | `${string}Id`>
  : P;

/** What `Repo.insert` takes: as {@link Attrs}, without leaving out what is declared without `| null`. */
export type NewAttrs<T, Given = Filled<T>> = { readonly [K in FieldKey<T>]?: T[K] | undefined } & {
  readonly [K in AssocKey<T>]?: NewRelated<T[K]> | undefined;
} & ([RequiredKey<T, Given>] extends [never] ? unknown : { readonly [K in RequiredKey<T, Given>]: T[K] });
