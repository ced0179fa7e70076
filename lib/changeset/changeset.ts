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

/** What `applyAction` gives: the record with its changes, or the changeset with its errors. */
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

  /**
   * Casts more params, or more fields; as the function `cast`, which goes on from this changeset.
   *
   * @example changeset.cast(params, ["nickname"], { emptyValues: [...defaultEmptyValues, "n/a"] });
   * @throws ChangesetError when `params` is no object, or a permitted name is a relation or embed; UnknownFieldError
   */
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

  /**
   * Sets a value that the program chose; a value that the data has already is no change.
   *
   * @example changeset.putChange("name", "Ada");
   * @throws UnknownFieldError; ChangesetError when the value is undefined
   */
  putChange<F extends FieldKey<T>>(field: F, value: T[F]): Changeset<T, K | F> {
    const state = stateOf(this);
    const next =
      state.fields.info?.hasEmbed(field) === true
        ? putEmbed(state, field, value)
        : putChange(state, field, value);
    return this.#with(next) as unknown as Changeset<T, K | F>;
  }

  /**
   * As `putChange`, and keeps the change even when the data has the value.
   *
   * @example changeset.forceChange("name", user.name);
   * @throws as `putChange`
   */
  forceChange<F extends FieldKey<T>>(field: F, value: T[F]): Changeset<T, K | F> {
    const state = stateOf(this);
    const own = state.fields.info?.hasEmbed(field) === true ? ownRecords(value) : value;
    return this.#with(forceChange(state, field, own)) as unknown as Changeset<T, K | F>;
  }

  /**
   * Drops a change; the data stays as it is.
   *
   * @example changeset.deleteChange("nickname");
   */
  deleteChange(field: FieldKey<T> | AssocKey<T>): this {
    return this.#with(deleteChange(stateOf(this), field));
  }

  /**
   * Changes a change; does nothing where there is none.
   *
   * @example changeset.updateChange("email", (email) => email?.toLowerCase() ?? null);
   * @throws UnknownFieldError
   */
  updateChange<F extends K>(field: F, change: (value: T[F]) => T[F]): this {
    return this.#with(updateChange(stateOf(this), field, change as (value: unknown) => unknown));
  }

  /**
   * The change of a field; `undefined` (or the given default) where there is none.
   *
   * @example const email = changeset.getChange("email");
   * @throws UnknownFieldError
   */
  getChange<F extends K>(field: F): T[F] | undefined;
  getChange<F extends K>(field: F, fallback: T[F]): T[F];
  getChange<F extends K>(field: F, fallback?: T[F]): T[F] | undefined {
    const { changes, fields } = stateOf(this);
    if (fields.info?.hasAssociation(field) !== true) fields.field(field);
    return Object.hasOwn(changes, field) ? (changes[field] as T[F]) : fallback;
  }

  /**
   * The value of a field with its change, `null` (or the given default) where there is neither.
   *
   * @example const name = changeset.getField("nickname", "nobody");
   * @throws UnknownFieldError
   */
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

  /**
   * The records of a relation with their changes; with "changeset" the changesets that `castAssoc` made. A record that is not
   * stored yet has none: `[]`, or `null` for a relation to a single record.
   *
   * @example change(order).castAssoc("lines").getAssoc("lines"); // Line[]
   * @throws ChangesetError for an embed, and for a relation of a stored record that was not loaded; UnknownFieldError
   */
  getAssoc<A extends AssocKey<T>, As extends "record" | "changeset" = "record">(
    name: A,
    as?: As,
  ): RelatedOutput<T[A], As> {
    return readRelation(stateOf(this), name, "assoc", as ?? "record", changesetOf) as RelatedOutput<T[A], As>;
  }

  /**
   * The records of an embed with their changes; with "changeset" the changesets that `castEmbed` made.
   *
   * @example changeset.getEmbed("address")?.city;
   * @throws ChangesetError for a relation, UnknownFieldError
   */
  getEmbed<F extends FieldKey<T>, As extends "record" | "changeset" = "record">(
    name: F,
    as?: As,
  ): EmbedOutput<T[F], As> {
    return readRelation(stateOf(this), name, "embed", as ?? "record", changesetOf) as EmbedOutput<T[F], As>;
  }

  /**
   * Whether a field changes, and, when asked, from and to these values.
   *
   * @example changeset.isChanged("nickname", { from: null });
   */
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

  /**
   * Both changesets of the same record in one; where both change a field, `other` wins.
   *
   * @example change(user, { name: "Ada" }).merge(change(user, { nickname: "A" }));
   * @throws ChangesetError when they start from different records, or are for different actions
   */
  merge<L extends FieldKey<T>>(other: Changeset<T, L>): Changeset<T, K | L> {
    return this.#with(mergeStates(stateOf(this), stateOf(other))) as unknown as Changeset<T, K | L>;
  }

  /**
   * Gives the changeset itself to a function, and gives what that gives: the user's own rules in the chain.
   *
   * @example
   * const withDomain = (given: Changeset<User>) => given.validateFormat("email", /@example\.com$/);
   * changeset.pipe(withDomain).validateRequired("name");
   */
  pipe<R>(fn: (changeset: this) => R): R {
    return fn(this);
  }

  /**
   * Marks what is to be done with the record; "delete" removes it from the list it is cast in.
   *
   * @example changeset.putAction("insert");
   */
  putAction(action: Action | null): this {
    return this.#with({ ...stateOf(this), action });
  }

  // ---- errors --------------------------------------------------------------------------------------------------

  /**
   * Adds an error, which makes the changeset invalid; `%{name}` in the message is replaced from `meta`.
   *
   * @example changeset.addError("email", "is not one of %{domain}", { domain: "example.com" });
   */
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

  /**
   * Each field has a value that is neither `null` nor a blank string; relations and embeds have a record. Looks at the
   * changes and at the data. Message: "can't be blank".
   *
   * @example changeset.validateRequired(["name", "email"]);
   * @throws UnknownFieldError; ChangesetError for a relation of a stored record that was not loaded
   */
  validateRequired(
    fields: K | AssocKey<T> | readonly (K | AssocKey<T>)[],
    options: RequiredOptions = {},
  ): this {
    return this.#with(validateRequired(stateOf(this), listOf(fields), options));
  }

  /**
   * Whether `validateRequired` would refuse the field.
   *
   * @example changeset.isFieldMissing("email");
   * @throws UnknownFieldError; ChangesetError for a relation of a stored record that was not loaded
   */
  isFieldMissing(field: FieldKey<T> | AssocKey<T>): boolean {
    return isMissing(stateOf(this), field);
  }

  /**
   * Length of a string (in characters as people see them), of bytes, or of a list. Message: "should be at least 3
   * character(s)" and the like.
   *
   * @example changeset.validateLength("name", { min: 3, max: 100 });
   * @throws ChangesetError without a limit, for one that is no whole number from 0, and for a value without length;
   *   UnknownFieldError
   */
  validateLength(
    field: KeyOfType<T, string | readonly unknown[] | Uint8Array> | AssocKey<T>,
    options: LengthOptions,
  ): this {
    return this.#with(validateLength(stateOf(this), field, options));
  }

  /**
   * A regular expression matches somewhere; anchor it (`/^…$/`) to match the whole. Message: "has invalid format".
   *
   * @example changeset.validateFormat("email", /^\S+@\S+$/);
   * @throws ChangesetError for what is no regular expression, and a value that is no string; UnknownFieldError
   */
  validateFormat(field: KeyOfType<T, string>, format: RegExp, options: MessageOptions = {}): this {
    return this.#with(validateFormat(stateOf(this), field, format, options));
  }

  /**
   * Bounds of a number, a bigint or a decimal, compared exactly. Message: "must be less than 150" and the like, of the
   * first bound that is broken.
   *
   * @example changeset.validateNumber("age", { greaterThanOrEqualTo: 0, lessThan: 150 });
   * @throws ChangesetError for an unknown bound or one that is no number, and a value that is none; UnknownFieldError
   */
  validateNumber(field: KeyOfType<T, number | bigint | string>, options: NumberOptions): this {
    return this.#with(validateNumber(stateOf(this), field, options));
  }

  /**
   * The value is one of these, compared as the field's type does. Message: "is invalid".
   *
   * @example changeset.validateInclusion("nickname", ["ada", "bob"]);
   * @throws ChangesetError for values that are no list; UnknownFieldError
   */
  validateInclusion<F extends FieldKey<T>>(
    field: F,
    values: readonly NonNullable<T[F]>[],
    options: MessageOptions = {},
  ): this {
    return this.#with(validateInclusion(stateOf(this), field, values, options));
  }

  /**
   * The value is none of these, compared as the field's type does. Message: "is reserved".
   *
   * @example changeset.validateExclusion("nickname", ["admin", "root"]);
   * @throws ChangesetError for values that are no list; UnknownFieldError
   */
  validateExclusion<F extends FieldKey<T>>(
    field: F,
    values: readonly NonNullable<T[F]>[],
    options: MessageOptions = {},
  ): this {
    return this.#with(validateExclusion(stateOf(this), field, values, options));
  }

  /**
   * Every item of a list is one of these. Message: "has an invalid entry".
   *
   * @example changeset.validateSubset("roles", ["reader", "writer"]);
   * @throws ChangesetError for values that are no list, and a field that holds none; UnknownFieldError
   */
  validateSubset<F extends KeyOfType<T, readonly unknown[]>>(
    field: F,
    values: readonly ItemOf<NonNullable<T[F]>>[],
    options: MessageOptions = {},
  ): this {
    return this.#with(validateSubset(stateOf(this), field, values, options));
  }

  /**
   * A parameter, which need not be a field, is `true`, "true" or "1": the terms were accepted. Message: "must be accepted".
   * Without params (`change`) there is nothing to accept.
   *
   * @example cast(User, params, ["name"]).validateAcceptance("terms");
   */
  validateAcceptance(name: ErrorField<T>, options: AcceptanceOptions = {}): this {
    return this.#with(validateAcceptance(stateOf(this), name, options));
  }

  /**
   * The parameter `<field>Confirmation`, if sent, repeats the one of the field. Message: "does not match confirmation",
   * under the name of that parameter.
   *
   * @example cast(User, params, ["password"]).validateConfirmation("password", { required: true });
   */
  validateConfirmation(field: ErrorField<T>, options: ConfirmationOptions = {}): this {
    return this.#with(validateConfirmation(stateOf(this), field, options));
  }

  /**
   * A rule of one's own, called with the field and its new value when there is one that is not null. It gives a message, or
   * errors with field and `meta`, or nothing.
   *
   * @example changeset.validateChange("name", (field, value) => (value === "admin" ? "is reserved" : null));
   * @throws ChangesetError for a rule that returns a promise; UnknownFieldError
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
   * Rules that answer at once do so here. Asynchronous ones leave the changeset `pending`: the Repo waits for them before
   * it writes; to see their errors earlier, `await` the changeset (or its `validated()`). Of a stored record only changed
   * fields are judged, of a new one all but those that are generated. `repo.insert(Schema, attributes)` runs the rules by
   * itself. A Standard Schema sees the fields as a plain object; what it makes of them is not taken over.
   *
   * @example const checked = await changeset.validateSchema({ groups: ["signup"] }).validated();
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

  /**
   * The changeset with the outcome of its asynchronous rules; the changeset itself when none is outstanding.
   *
   * @example const checked = await changeset.validateSchema().validated();
   */
  override async validated(): Promise<this> {
    return this.#with(await decided(stateOf(this), changesetOf));
  }

  // ---- constraints ---------------------------------------------------------------------------------------------

  /**
   * No other record has these values; needs `create(index(S, fields, { unique: true }))`. Message: "has already been
   * taken".
   *
   * @example changeset.uniqueConstraint("email");
   * @throws ChangesetError without a field; UnknownFieldError
   */
  uniqueConstraint(
    fields: FieldKey<T> | readonly FieldKey<T>[],
    options: UniqueConstraintOptions = {},
  ): this {
    return this.#with(addUnique(stateOf(this), listOf(fields), options));
  }

  /**
   * The record that the foreign key names exists: the write reads it. Message: "does not exist".
   *
   * @example change(review, { productId: "p1" }).foreignKeyConstraint("productId");
   * @throws ChangesetError when nothing says whose key it is; UnknownFieldError
   */
  foreignKeyConstraint(
    field: FieldKey<T> | readonly FieldKey<T>[],
    options: ForeignKeyConstraintOptions = {},
  ): this {
    return this.#with(addForeignKey(stateOf(this), field, options));
  }

  /**
   * The record of a belongsTo exists; as `foreignKeyConstraint`, reported on the relation. Message: "does not exist".
   *
   * @example change(review, { productId: "p1" }).assocConstraint("product");
   * @throws ChangesetError for a relation that is no belongsTo
   */
  assocConstraint(name: AssocKey<T>, options: ConstraintOptions = {}): this {
    return this.#with(addAssoc(stateOf(this), name, options));
  }

  /**
   * No record of a hasOne or hasMany is left; for deletes. Message: "are still associated with this entry".
   *
   * @example await repo.tryDelete(change(product).noAssocConstraint("reviews"));
   * @throws ChangesetError for a belongsTo, and a relation through others
   */
  noAssocConstraint(name: AssocKey<T>, options: ConstraintOptions = {}): this {
    return this.#with(addNoAssoc(stateOf(this), name, options));
  }

  /**
   * A predicate on the record as it will be stored, unchanged fields as they are in the store. Message: "is invalid".
   *
   * @example change(product, { stock: 3 }).checkConstraint("stock", { check: ({ stock }) => stock >= 0 });
   * @throws ChangesetError without a check
   */
  checkConstraint(
    field: ErrorField<T>,
    options: ConstraintOptions & { readonly name?: string; readonly check: (record: T) => boolean },
  ): this {
    return this.#with(addCheck(stateOf(this), field, options.check as (record: object) => boolean, options));
  }

  /**
   * Update and delete only if the stored `field` still has the value that the data has, else `StaleEntryError`; an update
   * sets it to `next(value)` (default: counts, or now for a date).
   *
   * @example changeset.optimisticLock("lockVersion");
   * @throws UnknownFieldError; when it is written, ChangesetError for a type that cannot count without `next`
   */
  optimisticLock<F extends FieldKey<T>>(field: F, next?: (current: T[F]) => T[F]): this {
    return this.#with(
      addOptimisticLock(stateOf(this), field, next as ((current: unknown) => unknown) | undefined),
    );
  }

  /**
   * Runs inside the transaction of the write, right before it, with the Repo; again with each retry, so it has no other
   * effects.
   *
   * @example
   * change(review, { score: 5 }).prepareChanges(async (given, repo: Repo) => {
   *   const product = await repo.getOrThrow(Product, review.productId);
   *   return given.putChange("text", `on ${product.name}`);
   * });
   */
  prepareChanges<R>(prepare: (changeset: this, repo: R) => Changeset<T> | Promise<Changeset<T>>): this {
    const state = stateOf(this);
    return this.#with({
      ...state,
      prepare: [...state.prepare, prepare as (changeset: object, repo: unknown) => unknown],
    });
  }

  // ---- relations and embeds ------------------------------------------------------------------------------------

  /**
   * Casts the params of a relation with the related class's `changeset` (or `with`).
   *
   * An entry with the primary key of a loaded record changes it, others are new, and loaded records without an entry meet
   * `onReplace` of the relation (default `"raise"`).
   *
   * @example cast(order, params, ["customerId"]).castAssoc("lines", { with: (line, given) => cast(line, given, ["position"]) });
   * @throws ChangesetError when the relation of a stored record is not loaded, or nothing casts its params; ChangeError for
   *   a record that is left out under `onReplace: "raise"`
   */
  castAssoc<A extends AssocKey<T>>(name: A, options: CastRelationOptions<AssocTarget<T[A]>> = {}): this {
    return this.#with(
      castRelation(stateOf(this), name, "assoc", options as CastRelationOptions, changesetOf),
    );
  }

  /**
   * Sets a relation to records, changesets or attributes; what is left out meets `onReplace`.
   *
   * @example change(product).putAssoc("reviews", [{ score: 5 }]);
   * @throws ChangesetError when the relation of a stored record is not loaded, and for a value of another shape;
   *   ChangeError for a record that is left out under `onReplace: "raise"`
   */
  putAssoc<A extends AssocKey<T>>(name: A, value: RelatedInput<T[A]>): this {
    return this.#with(putRelation(stateOf(this), name, "assoc", value, changesetOf));
  }

  /**
   * Puts the records of a list into another order, in which new ones are inserted and the stored record shows them;
   * nothing about it is stored but what `compare` reads.
   *
   * @param compare gets records as they will be; default: by primary key, those without one last
   * @example change(order).castAssoc("lines").reorderAssoc("lines", (a, b) => a.position - b.position);
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

  /**
   * As `castAssoc`, for records inside this one.
   *
   * @example cast(User, params, ["name"]).castEmbed("address", { with: (address, given) => cast(address, given, ["city"]) });
   * @throws ChangesetError for a relation, or when nothing casts its params; UnknownFieldError
   */
  castEmbed<F extends FieldKey<T>>(
    name: F,
    options: CastRelationOptions<EmbedOf<T[F]>> = {},
  ): Changeset<T, K | F> {
    const cast = castRelation(stateOf(this), name, "embed", options as CastRelationOptions, changesetOf);
    return this.#with(settleEmbed(cast, name)) as unknown as Changeset<T, K | F>;
  }

  /**
   * Sets an embed to records, changesets or attributes; `null` empties one that is no list.
   *
   * @example changeset.putEmbed("address", { city: "Oslo" });
   * @throws ChangesetError for a relation, and for a value of another shape; UnknownFieldError
   */
  putEmbed<F extends FieldKey<T>>(name: F, value: EmbedInput<T[F]>): Changeset<T, K | F> {
    return this.#with(putEmbed(stateOf(this), name, value)) as unknown as Changeset<T, K | F>;
  }

  // ---- results -------------------------------------------------------------------------------------------------

  /**
   * A new record with the changes, valid or not; the data stays as it is and nothing is stored.
   *
   * @example const preview = changeset.applyChanges();
   */
  applyChanges(): T {
    return applyState(stateOf(this)) as T;
  }

  /**
   * The record with the changes when they are valid, `{ ok: true, value }`, else `{ ok: false, changeset }`; nothing is
   * stored.
   *
   * @example
   * const result = changeset.applyAction("update");
   * render(result.ok ? result.value.name : result.changeset.traverseErrors());
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

  /**
   * As `applyAction`, for changes that must be valid.
   *
   * @example const user = changeset.applyActionOrThrow("update");
   * @throws InvalidChangesetError when there are errors, ChangesetError while asynchronous rules are pending
   */
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
