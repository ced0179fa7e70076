/** What a live query is: to those who use it (`Live`), and inside (`LiveSpec`). */

import type { QueryAst } from "../../query/index.js";
import type { SchemaInfo } from "../../schema/index.js";
import type { Typed } from "../../wire/read/index.js";

/** Which word of `Sync` has made a live query; `allBy` makes one of kind `"all"`. */
export type LiveKind = "one" | "all" | "many" | "each" | "count" | "sum" | "signal";

/** The changes of a query that make its label move; see `sync.all`. */
export type Action = "changes" | "collection" | "inserts" | "deletes" | "updates";

/** Something that can be watched: its value is an `R`, its changes tell of `C`s. Immutable; made by `Sync`. */
export interface Live<R, C = unknown> extends Typed<R, C> {
  /** Which word of `Sync` has made it. */
  readonly kind: LiveKind;
  /** Equal for queries that mean the same, on every process. */
  readonly hash: string;
}

export type AnyLive = Live<unknown, unknown>;

/** The type of a live query's value. */
export type ValueOf<L> = L extends Live<infer R, unknown> ? R : never;
/** What the changes of a live query tell of. */
export type ChangeOf<L> = L extends Live<unknown, infer C> ? C : never;
/** The values of a subscription by label. */
export type Values<Q> = { readonly [L in keyof Q]: ValueOf<Q[L]> };

/** What a live query is made of. */
export type LiveSpec =
  | { readonly kind: "one"; readonly info: SchemaInfo; readonly id: unknown }
  | { readonly kind: "all"; readonly ast: QueryAst; readonly info: SchemaInfo; readonly on: Action }
  | { readonly kind: "count"; readonly ast: QueryAst; readonly info: SchemaInfo }
  | { readonly kind: "sum"; readonly ast: QueryAst; readonly info: SchemaInfo; readonly field: string }
  | {
      readonly kind: "signal";
      readonly ast: QueryAst;
      readonly info: SchemaInfo;
      readonly action: Action;
    }
  | {
      readonly kind: "each";
      readonly ids: AnyLive | readonly unknown[];
      readonly make: (id: never) => AnyLive;
      /** Of `sync.many`: the schema of its rows. */
      readonly of?: SchemaInfo;
    }
  | {
      readonly kind: "guard";
      readonly inner: AnyLive;
      readonly rights: AnyLive | undefined;
      readonly allow: Allow;
      readonly label: string;
      /** Whether a cursor can say what `allow` judges by: by the rights, or by values that are given. */
      readonly stated: boolean;
      /** Equal for rights that mean the same, on every process, as far as the text of a function tells. */
      readonly rightsHash: string;
    };

/** Judges one row of a label; `rights` is the value of the live query that the rights depend on. */
export type Allow = (row: unknown, context: { readonly label: string; readonly rights: unknown }) => boolean;

export interface LiveParts {
  readonly spec: LiveSpec;
  /** Equal for queries that one process can evaluate together. */
  readonly identity: string;
}

// Beside the objects: what users see of a live query is its kind and hash.
const parts = new WeakMap<object, LiveParts>();

/** Makes a live query. */
export function makeLive<R, C>(kind: LiveKind, hash: string, identity: string, spec: LiveSpec): Live<R, C> {
  const live: Live<R, C> = Object.freeze({ kind, hash });
  parts.set(live, { spec, identity });
  return live;
}

export const isLive = (value: unknown): value is AnyLive =>
  typeof value === "object" && value !== null && parts.has(value);

/** @throws TypeError for what no `Sync` made */
export function partsOf(live: AnyLive): LiveParts {
  const found = typeof live === "object" && live !== null ? parts.get(live) : undefined;
  if (found === undefined) {
    throw new TypeError(
      "A label takes a live query such as sync.all(from(Product)); this is something else. " +
        "Usual causes: a query that was not wrapped in sync.all(…), or a promise.",
    );
  }
  return found;
}
