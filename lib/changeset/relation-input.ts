import type { AssocKind, AssocTarget, FieldKey } from "../schema/index.js";
import type { Changeset } from "./changeset.js";

/** A record, a changeset of one, or the attributes of one. */
type Given<U> = U | Changeset<U> | { readonly [F in FieldKey<U>]?: U[F] | undefined };

/** What a relation can be set to. */
export type RelatedInput<P> = readonly Given<AssocTarget<P>>[] | Given<AssocTarget<P>> | null;
/** What an embed can be set to. */
export type EmbedInput<V> =
  | V
  | (NonNullable<V> extends readonly (infer E)[] ? readonly Given<E>[] : Given<NonNullable<V>> | null);

/** What a relation holds: records, or the changesets of them. */
export type RelatedOutput<P, As extends "record" | "changeset"> =
  AssocKind<NonNullable<P>> extends "hasMany"
    ? OutputOf<AssocTarget<NonNullable<P>>, As>[]
    : OutputOf<AssocTarget<NonNullable<P>>, As> | null;
/** What an embed holds. */
export type EmbedOutput<V, As extends "record" | "changeset"> =
  NonNullable<V> extends readonly (infer E)[] ? OutputOf<E, As>[] : OutputOf<NonNullable<V>, As> | null;

type OutputOf<U, As> = As extends "record" ? U : Changeset<U>;
