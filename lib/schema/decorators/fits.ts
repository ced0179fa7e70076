/** Types that make a decorator an error of the compiler on a property that it does not fit. */

import type { TypeSpec, ValueOf } from "../types/index.js";

declare const refusal: unique symbol;

/** What a decorator wants of a property that it does not fit; shown in the compiler's error, matched by nothing. */
export interface Refused<Reason extends string> {
  readonly [refusal]: Reason;
}

type Misfit = Refused<"The declared type of the property is not what this field type loads.">;
type Misstated =
  Refused<"{ required: true } is for a property without null, { required: false } for one with: string | null.">;
type NotInferable = Refused<"The type cannot be inferred here: name it, as in @Field('string').">;

/** Without strict null checks nothing can be told: every type holds null. */
type Loose = null extends string ? true : false;

/** `K` unless `required` is stated of a property that is declared otherwise. */
type Stated<V, K, R extends boolean> = boolean extends R
  ? K
  : Loose extends true
    ? K
    : [R, null extends V ? false : true] extends [true, true] | [false, false]
      ? K
      : Misstated;

/** Lists may be declared `readonly`. */
type Held<V> = V extends readonly (infer E)[] ? readonly E[] : V;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;

/**
 * `K` when the property can hold what the type loads, else what makes the decorator an error of the compiler.
 *
 * A named type may be narrowed (`"string"` on `"a" | "b"`); a type object says exactly what it loads.
 */
export type Fits<T, K extends keyof T, S, R extends boolean = boolean> = S extends string
  ? T[K] extends ValueOf<S> | null | undefined
    ? Stated<T[K], K, R>
    : Misfit
  : S extends { readonly array: TypeSpec }
    ? T[K] extends Held<ValueOf<S>> | null | undefined
      ? Stated<T[K], K, R>
      : Misfit
    : unknown extends ValueOf<S>
      ? Stated<T[K], K, R>
      : Same<NonNullable<T[K]>, ValueOf<S>> extends true
        ? Stated<T[K], K, R>
        : Misfit;

/** `K` when the compiler records the type of the property, so that the decorator may leave it out. */
export type Inferable<T, K extends keyof T> = T[K] extends
  | string
  | number
  | boolean
  | bigint
  | Date
  | Uint8Array
  ? K
  : NotInferable;

/** A property decorator that only compiles on a property of a fitting type. */
export type TypedDecorator<S, R extends boolean = boolean> = <T extends object, K extends keyof T>(
  target: T,
  property: Fits<T, K, S, R>,
) => void;

export type InferringDecorator = <T extends object, K extends keyof T>(
  target: T,
  property: Inferable<T, K>,
) => void;
