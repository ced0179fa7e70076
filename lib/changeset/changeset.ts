/** The class `Changeset`, whose methods apply the functions of the other files to a changeset's state. */

import { markCopy } from "../copies.js";
import { ChangesetError } from "../errors.js";
import type { AssocKey, AssocKind, AssocTarget, Attrs, FieldKey, KeyOfType } from "../schema/index.js";
import { ChangesetData, type ErrorField } from "./changeset-data.js";
import {
  addAssoc,
  addCheck,
  addForeignKey,
  addNoAssoc,
  addOptimisticLock,
  addUnique,
  type ConstraintOptions,
  type ForeignKeyConstraintOptions,
  type UniqueConstraintOptions,
} from "./constraints/index.js";
import {
  type ErrorTree,
  InvalidChangesetError,
  traverseErrors,
  traverseValidations,
} from "./errors/index.js";
import { type CastOptions, castParams } from "./input/index.js";
import {
  type CastRelationOptions,
  castRelation,
  decided,
  putRelation,
  readField,
  readRelation,
  reorderRelation,
} from "./relation/index.js";
import { ownEmbed, ownRecords, settleEmbed } from "./settle-embed.js";
import {
  type Action,
  applyState,
  type ChangesetState,
  currentValue,
  dataValue,
  deleteChange,
  type FieldError,
  fieldError,
  forceChange,
  type Meta,
  mergeStates,
  putChange,
  stateOf,
  updateChange,
  type Validation,
  withErrors,
} from "./state/index.js";
import {
  type AcceptanceOptions,
  type ConfirmationOptions,
  isMissing,
  type LengthOptions,
  type MessageOptions,
  type NumberOptions,
  noteValidation,
  type RequiredOptions,
  type SchemaRuleOptions,
  type StandardSchema,
  type UniqueLookup,
  type UnsafeUniqueOptions,
  unsafeValidateUnique,
  type Verdict,
  validateAcceptance,
  validateChange,
  validateConfirmation,
  validateExclusion,
  validateFormat,
  validateInclusion,
  validateLength,
  validateNumber,
  validateRequired,
  validateSchema,
  validateSubset,
} from "./validate/index.js";

/** What `applyAction` gives, and the `try…` methods of the Repo. */
export type Result<T, C = Changeset<T>> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly changeset: C };

type ItemOf<V> = V extends readonly (infer E)[] ? E : never;
type EmbedOf<V> = NonNullable<V> extends readonly (infer E)[] ? E : NonNullable<V>;

/** The changeset that stands for a state; for the parts of Plinth that make states. */
export let changesetOf: (state: ChangesetState) => Changeset<object>;

/**
 * Changes to a record that have not been made, and what is wrong with them. Immutable: every method returns another.
 *
 * `T` is the record, `K` the fields that were permitted (or put). Rules look at changes only, `validateRequired` at the
 * data too; `null` passes every rule but that one. Messages read on from the field's name.
 *
 * @example
 * const changeset = cast(product, params, ["name", "description"])
 *   .validateRequired(["name"])
 *   .validateLength("name", { max: 100 })
 *   .uniqueConstraint("name");
 */
export class Changeset<T, K extends FieldKey<T> = FieldKey<T>> extends ChangesetData<T, K> {
  static {
    changesetOf = (state) => new Changeset<object>(state);
  }

  #with(state: ChangesetState): this {
    return (state === stateOf(this) ? this : new Changeset<T, K>(state)) as this;
  }

  // ---- input and changes ---------------------------------------------------------------------------------------

  /** Casts more params, or more fields. */
  cast<const F extends readonly FieldKey<T>[]>(
    params: unknown,
    permitted: F,
    options?: CastOptions,
  ): Changeset<T, K | F[number]> {
    return this.#with(castParams(stateOf(this), params, permitted, options)) as unknown as Changeset<
      T,
      K | F[number]
    >;
  }

  /** Sets a value that the program chose; a value that the data has already is no change. */
  putChange<F extends FieldKey<T>>(field: F, value: T[F]): Changeset<T, K | F> {
    const state = stateOf(this);
    const next =
      state.fields.info?.hasEmbed(field) === true
        ? putEmbed(state, field, value)
        : putChange(state, field, value);
    return this.#with(next) as unknown as Changeset<T, K | F>;
  }

  /** As `putChange`, and keeps the change even when the data has the value. */
  forceChange<F extends FieldKey<T>>(field: F, value: T[F]): Changeset<T, K | F> {
    const state = stateOf(this);
    const own = state.fields.info?.hasEmbed(field) === true ? ownRecords(value) : value;
    return this.#with(forceChange(state, field, own)) as unknown as Changeset<T, K | F>;
  }

  /** Drops a change; the data stays as it is. */
  deleteChange(field: FieldKey<T> | AssocKey<T>): this {
    return this.#with(deleteChange(stateOf(this), field));
  }

  /** Changes a change; does nothing where there is none. */
  updateChange<F extends K>(field: F, change: (value: T[F]) => T[F]): this {
    return this.#with(updateChange(stateOf(this), field, change as (value: unknown) => unknown));
  }

  /** The change of a field; `undefined` (or the given default) where there is none. */
  getChange<F extends K>(field: F): T[F] | undefined;
  getChange<F extends K>(field: F, fallback: T[F]): T[F];
  getChange<F extends K>(field: F, fallback?: T[F]): T[F] | undefined {
    const { changes, fields } = stateOf(this);
    if (fields.info?.hasAssociation(field) !== true) fields.field(field);
    return Object.hasOwn(changes, field) ? (changes[field] as T[F]) : fallback;
  }

  /** The value of a field with its change, `null` (or the given default) where there is neither. */
  getField<F extends FieldKey<T>>(field: F, fallback?: NonNullable<T[F]>): T[F] {
    return (readField(stateOf(this), field) ?? fallback ?? null) as T[F];
  }

  /**
   * The value of a field with its change, and where it comes from.
   *
   * @example changeset.fetchField("name") // { from: "changes", value: "Ada" }
   * @throws UnknownFieldError
   */
  fetchField<F extends FieldKey<T>>(field: F): { readonly from: "changes" | "data"; readonly value: T[F] } {
    const state = stateOf(this);
    const value = readField(state, field) as T[F];
    return Object.freeze({ from: Object.hasOwn(state.changes, field) ? "changes" : "data", value });
  }

  /** The records of a relation with their changes; with "changeset" the changesets that `castAssoc` made. */
  getAssoc<A extends AssocKey<T>, As extends "record" | "changeset" = "record">(
    name: A,
    as?: As,
  ): RelatedOutput<T[A], As> {
    return readRelation(stateOf(this), name, "assoc", as ?? "record", changesetOf) as RelatedOutput<T[A], As>;
  }

  /** The records of an embed with their changes; with "changeset" the changesets that `castEmbed` made. */
  getEmbed<F extends FieldKey<T>, As extends "record" | "changeset" = "record">(
    name: F,
    as?: As,
  ): EmbedOutput<T[F], As> {
    return readRelation(stateOf(this), name, "embed", as ?? "record", changesetOf) as EmbedOutput<T[F], As>;
  }

  /** Whether a field changes, and, when asked, from and to these values. */
  isChanged<F extends FieldKey<T> | AssocKey<T>>(
    field: F,
    values: { readonly from?: T[F]; readonly to?: T[F] } = {},
  ): boolean {
    const state = stateOf(this);
    if (!Object.hasOwn(state.changes, field)) return false;
    if (state.fields.info?.hasAssociation(field) === true) return true;
    const { type } = state.fields.field(field);
    const same = (a: unknown, b: unknown) => type.equal?.(a, b) ?? Object.is(a, b);
    if (Object.hasOwn(values, "from") && !same(dataValue(state, field), values.from ?? null)) return false;
    return !Object.hasOwn(values, "to") || same(currentValue(state, field), values.to ?? null);
  }

  /** Both changesets of the same record in one; where both change a field, `other` wins. */
  merge<L extends FieldKey<T>>(other: Changeset<T, L>): Changeset<T, K | L> {
    return this.#with(mergeStates(stateOf(this), stateOf(other))) as unknown as Changeset<T, K | L>;
  }

  /** Gives the changeset itself to a function: the user's own rules in the chain. */
  pipe<R>(fn: (changeset: this) => R): R {
    return fn(this);
  }

  /** Marks what is to be done with the record; "delete" removes it from the list it is cast in. */
  putAction(action: Action | null): this {
    return this.#with({ ...stateOf(this), action });
  }

  // ---- errors --------------------------------------------------------------------------------------------------

  /** Adds an error; `%{name}` in the message is replaced from `meta`. */
  addError(field: ErrorField<T>, message: string, meta: Meta = {}): this {
    return this.#with(withErrors(stateOf(this), [fieldError(field, message, meta)]));
  }

  /**
   * Messages by field, with those of relations and embeds nested (a list keeps its places).
   *
   * @example changeset.traverseErrors(); // { name: ["can't be blank"], reviews: [{}, { score: ["is invalid"] }] }
   */
  traverseErrors(): ErrorTree;
  traverseErrors<M>(message: (error: FieldError) => M): ErrorTree<M>;
  traverseErrors<M>(message?: (error: FieldError) => M): ErrorTree<M | string> {
    return traverseErrors<M | string>(stateOf(this), message ?? ((error) => error.message));
  }

  /**
   * The rules that were applied, by field, with those of relations and embeds nested as `traverseErrors` nests errors.
   *
   * @example changeset.traverseValidations(({ validation }) => validation) // { name: ["length"] }
   */
  traverseValidations(): ErrorTree<Validation>;
  traverseValidations<M>(told: (validation: Validation) => M): ErrorTree<M>;
  traverseValidations<M>(told?: (validation: Validation) => M): ErrorTree<M | Validation> {
    return traverseValidations<M | Validation>(stateOf(this), told ?? ((validation) => validation));
  }

  // ---- rules ---------------------------------------------------------------------------------------------------

  /** Each field has a value that is neither `null` nor a blank string; relations and embeds have a record. */
  validateRequired(
    fields: K | AssocKey<T> | readonly (K | AssocKey<T>)[],
    options: RequiredOptions = {},
  ): this {
    return this.#with(validateRequired(stateOf(this), listOf(fields), options));
  }

  /** Whether `validateRequired` would refuse the field. */
  isFieldMissing(field: FieldKey<T> | AssocKey<T>): boolean {
    return isMissing(stateOf(this), field);
  }

  /** Length of a string (in characters as people see them), of bytes, or of a list. */
  validateLength(
    field: KeyOfType<T, string | readonly unknown[] | Uint8Array> | AssocKey<T>,
    options: LengthOptions,
  ): this {
    return this.#with(validateLength(stateOf(this), field, options));
  }

  /** A regular expression matches somewhere; anchor it (`/^…$/`) to match the whole. */
  validateFormat(field: KeyOfType<T, string>, format: RegExp, options: MessageOptions = {}): this {
    return this.#with(validateFormat(stateOf(this), field, format, options));
  }

  /** Bounds of a number or bigint. */
  validateNumber(field: KeyOfType<T, number | bigint | string>, options: NumberOptions): this {
    return this.#with(validateNumber(stateOf(this), field, options));
  }

  /** The value is one of these. */
  validateInclusion<F extends FieldKey<T>>(
    field: F,
    values: readonly NonNullable<T[F]>[],
    options: MessageOptions = {},
  ): this {
    return this.#with(validateInclusion(stateOf(this), field, values, options));
  }

  /** The value is none of these. */
  validateExclusion<F extends FieldKey<T>>(
    field: F,
    values: readonly NonNullable<T[F]>[],
    options: MessageOptions = {},
  ): this {
    return this.#with(validateExclusion(stateOf(this), field, values, options));
  }

  /** Every item of a list is one of these. */
  validateSubset<F extends KeyOfType<T, readonly unknown[]>>(
    field: F,
    values: readonly ItemOf<NonNullable<T[F]>>[],
    options: MessageOptions = {},
  ): this {
    return this.#with(validateSubset(stateOf(this), field, values, options));
  }

  /** A parameter, which need not be a field, is `true`, "true" or "1": the terms were accepted. */
  validateAcceptance(name: ErrorField<T>, options: AcceptanceOptions = {}): this {
    return this.#with(validateAcceptance(stateOf(this), name, options));
  }

  /** The parameter `<field>Confirmation`, if sent, repeats the one of the field; its error is under that name. */
  validateConfirmation(field: ErrorField<T>, options: ConfirmationOptions = {}): this {
    return this.#with(validateConfirmation(stateOf(this), field, options));
  }

  /**
   * A rule of one's own, called with the field and its new value when there is one that is not null.
   *
   * @example .validateChange("name", (field, value) => (value === "admin" ? "is reserved" : null))
   */
  validateChange<F extends K>(
    field: F,
    rule: (field: F, value: NonNullable<T[F]>) => Verdict,
    meta: Meta = {},
  ): this {
    const checked = validateChange(
      stateOf(this),
      field,
      rule as (field: string, value: unknown) => Verdict,
      meta,
    );
    return this.#with(noteValidation(checked, field, "change", meta));
  }

  /**
   * Runs the class-validator rules of the class, or a Standard Schema object (zod, valibot, arktype, …).
   *
   * Rules that answer at once do so here. Asynchronous ones leave the changeset `pending`: the Repo waits for them
   * before it writes; to see their errors earlier, `await` the changeset (or its `validated()`). Of a stored record
   * only changed fields are judged, of a new one all but those that are generated. `repo.insert(Schema, attributes)`
   * runs the rules by itself. A Standard Schema sees the fields as a plain object; what it makes of them is not taken
   * over.
   *
   * @throws ChangesetError when the class has no rules, or class-validator is not installed
   */
  validateSchema(rules?: SchemaRuleOptions | StandardSchema): this {
    return this.#with(validateSchema(stateOf(this), rules));
  }

  /**
   * Looks whether another record has these values, to tell a form early; `uniqueConstraint` alone decides, in the
   * transaction of the write. Needs an index on the fields. Nothing is read when none of them changes, one is empty, or
   * one has an error already.
   *
   * @example const checked = await User.changeset(user, params).unsafeValidateUnique("email", repo, { tenant })
   * @throws UnsupportedQueryError without an index, printing the migration line; IncorrectTenancyError
   */
  async unsafeValidateUnique(
    fields: FieldKey<T> | readonly FieldKey<T>[],
    repo: UniqueLookup,
    options: UnsafeUniqueOptions = {},
  ): Promise<this> {
    return this.#with(await unsafeValidateUnique(stateOf(this), listOf(fields), repo, options));
  }

  override async validated(): Promise<this> {
    return this.#with(await decided(stateOf(this), changesetOf));
  }

  // ---- constraints ---------------------------------------------------------------------------------------------

  /** No other record has these values; needs `create(index(S, fields, { unique: true }))`. */
  uniqueConstraint(
    fields: FieldKey<T> | readonly FieldKey<T>[],
    options: UniqueConstraintOptions = {},
  ): this {
    return this.#with(addUnique(stateOf(this), listOf(fields), options));
  }

  /** The record that the foreign key names exists. */
  foreignKeyConstraint(
    field: FieldKey<T> | readonly FieldKey<T>[],
    options: ForeignKeyConstraintOptions = {},
  ): this {
    return this.#with(addForeignKey(stateOf(this), field, options));
  }

  /** The record of a belongsTo exists; as `foreignKeyConstraint`, reported on the relation. */
  assocConstraint(name: AssocKey<T>, options: ConstraintOptions = {}): this {
    return this.#with(addAssoc(stateOf(this), name, options));
  }

  /** No record of a hasOne or hasMany is left; for deletes. */
  noAssocConstraint(name: AssocKey<T>, options: ConstraintOptions = {}): this {
    return this.#with(addNoAssoc(stateOf(this), name, options));
  }

  /** A predicate on the record as it will be stored, unchanged fields as they are in the store. */
  checkConstraint(
    field: ErrorField<T>,
    options: ConstraintOptions & { readonly name?: string; readonly check: (record: T) => boolean },
  ): this {
    return this.#with(addCheck(stateOf(this), field, options.check as (record: object) => boolean, options));
  }

  /**
   * Update and delete only if the stored `field` still has the value that the data has, else `StaleEntryError`; an
   * update sets it to `next(value)` (default: counts, or now for a date).
   */
  optimisticLock<F extends FieldKey<T>>(field: F, next?: (current: T[F]) => T[F]): this {
    return this.#with(
      addOptimisticLock(stateOf(this), field, next as ((current: unknown) => unknown) | undefined),
    );
  }

  /** Runs inside the transaction of the write, right before it, with the Repo; again with each retry. */
  prepareChanges<R>(prepare: (changeset: this, repo: R) => Changeset<T> | Promise<Changeset<T>>): this {
    const state = stateOf(this);
    return this.#with({
      ...state,
      prepare: [...state.prepare, prepare as (changeset: object, repo: unknown) => unknown],
    });
  }

  // ---- relations and embeds ------------------------------------------------------------------------------------

  /**
   * Casts the params of a relation with the related class's `changeset` (or `with`): an entry with the primary key of a
   * loaded record changes it, others are new, and loaded records without an entry meet `onReplace`.
   *
   * @throws ChangesetError when the relation of a stored record is not loaded
   */
  castAssoc<A extends AssocKey<T>>(name: A, options: CastRelationOptions<AssocTarget<T[A]>> = {}): this {
    return this.#with(
      castRelation(stateOf(this), name, "assoc", options as CastRelationOptions, changesetOf),
    );
  }

  /** Sets a relation to records, changesets or attributes. */
  putAssoc<A extends AssocKey<T>>(name: A, value: RelatedInput<T[A]>): this {
    return this.#with(putRelation(stateOf(this), name, "assoc", value, changesetOf));
  }

  /**
   * Puts the records of a list into another order, in which new ones are inserted and the stored record shows them;
   * nothing about it is stored but what `compare` reads.
   *
   * @param compare gets records as they will be; default: by primary key, those without one last
   * @example changeset.castAssoc("lines").reorderAssoc("lines", (a, b) => a.position - b.position)
   * @throws ChangesetError for a relation to one record, and one that was not loaded
   */
  reorderAssoc<A extends AssocKey<T>>(
    name: A,
    compare?: (a: AssocTarget<T[A]>, b: AssocTarget<T[A]>) => number,
  ): this {
    return this.#with(
      reorderRelation(
        stateOf(this),
        name,
        compare as ((a: object, b: object) => number) | undefined,
        changesetOf,
      ),
    );
  }

  /** As `castAssoc`, for records inside this one. */
  castEmbed<F extends FieldKey<T>>(
    name: F,
    options: CastRelationOptions<EmbedOf<T[F]>> = {},
  ): Changeset<T, K | F> {
    const cast = castRelation(stateOf(this), name, "embed", options as CastRelationOptions, changesetOf);
    return this.#with(settleEmbed(cast, name)) as unknown as Changeset<T, K | F>;
  }

  /** Sets an embed to records, changesets or attributes. */
  putEmbed<F extends FieldKey<T>>(name: F, value: EmbedInput<T[F]>): Changeset<T, K | F> {
    return this.#with(putEmbed(stateOf(this), name, value)) as unknown as Changeset<T, K | F>;
  }

  // ---- results -------------------------------------------------------------------------------------------------

  /** A new record with the changes, valid or not; the data stays as it is. */
  applyChanges(): T {
    return applyState(stateOf(this)) as T;
  }

  /**
   * The record with the changes when they are valid; nothing is stored.
   *
   * @throws ChangesetError while asynchronous rules are pending
   */
  applyAction(action: Action): Result<T, this> {
    if (this.pending) {
      throw new ChangesetError(
        "This changeset waits for asynchronous rules. Write (await changeset.validated()).applyAction(…).",
      );
    }
    if (this.valid) return { ok: true, value: this.applyChanges() };
    return { ok: false, changeset: this.putAction(action) };
  }

  /** As `applyAction`. Throws `InvalidChangesetError` when there are errors. */
  applyActionOrThrow(action: Action): T {
    const result = this.applyAction(action);
    if (result.ok) return result.value;
    throw new InvalidChangesetError(result.changeset, action);
  }
}

markCopy(Changeset);
markCopy(Changeset.prototype);

function putEmbed(state: ChangesetState, name: string, value: unknown): ChangesetState {
  return settleEmbed(putRelation(state, name, "embed", ownEmbed(state, name, value), changesetOf), name);
}

function listOf(fields: string | readonly string[]): readonly string[] {
  return typeof fields === "string" ? [fields] : fields;
}

/** A record, a changeset of one, or the attributes of one. */
type Given<U> = U | Changeset<U> | Attrs<U>;

/** What a relation can be set to. */
export type RelatedInput<P> = readonly Given<AssocTarget<P>>[] | Given<AssocTarget<P>> | null;
/** What an embed can be set to. */
export type EmbedInput<V> =
  | V
  | (NonNullable<V> extends readonly (infer E)[] ? readonly Given<E>[] : Given<NonNullable<V>> | null);

/** What a relation holds: records, or the changesets of them. */
export type RelatedOutput<P, As extends "record" | "changeset"> =
  AssocKind<NonNullable<P>> extends "hasMany" | "manyToMany"
    ? OutputOf<AssocTarget<NonNullable<P>>, As>[]
    : OutputOf<AssocTarget<NonNullable<P>>, As> | null;
/** What an embed holds. */
export type EmbedOutput<V, As extends "record" | "changeset"> =
  NonNullable<V> extends readonly (infer E)[] ? OutputOf<E, As>[] : OutputOf<NonNullable<V>, As> | null;

type OutputOf<U, As> = As extends "record" ? U : Changeset<U>;
