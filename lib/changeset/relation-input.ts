import type { AssocTarget, FieldKey } from "../schema/index.js";
import type { Changeset } from "./changeset.js";

/** A record, a changeset of one, or the attributes of one. */
type Given<U> = U | Changeset<U> | { readonly [F in FieldKey<U>]?: U[F] | undefined };

/** What a relation can be set to. */
export type RelatedInput<P> = readonly Given<AssocTarget<P>>[] | Given<AssocTarget<P>> | null;
/** What an embed can be set to. */
export type EmbedInput<V> =
  | V
  | (NonNullable<V> extends readonly (infer E)[] ? readonly Given<E>[] : Given<NonNullable<V>> | null);
