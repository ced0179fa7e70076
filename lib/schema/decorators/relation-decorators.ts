/** The decorators of relations and embeds, and the types to declare their properties with. */

import { SchemaError } from "../../errors.js";
import {
  type Association,
  type AssociationKind,
  type AssocTarget,
  type FieldKey,
  type OnDelete,
  type OnReplace,
  registerAssociation,
  registerEmbed,
  type SchemaClass,
} from "../definition/index.js";
import { isPlainObject, showValue } from "../types/index.js";
import { associationOptions, type OrderedOptions, type RelatedOptions } from "./association-options.js";
import { isDeclaredWithoutNull } from "./declared-null.js";
import { refuseBareForm } from "./decorator-form.js";
import { classOf } from "./decorator-target.js";
import type { Refused } from "./fits.js";
import {
  belongsToOptions,
  checkRelationOptions,
  dependentOptions,
  embedOptions,
  fieldNames,
  throughOptions,
} from "./relation-options.js";
import { checkTarget, type Relates, type RelationDecorator } from "./relation-target.js";

// Null is among them, so that a preloaded record, whose relation may be null, is still a record of its class.
/**
 * A record of another schema, found by this schema's foreign key; opaque until preloaded. Preloaded, it is null where the
 * key may be null: `author` by the type of `authorId`.
 */
export type BelongsTo<T> = Association<"belongsTo", T> | null;
/** The one record of another schema whose foreign key points here; opaque until preloaded, and then perhaps null. */
export type HasOne<T> = Association<"hasOne", T> | null;
/** The records of another schema whose foreign key points here; opaque until preloaded. */
export type HasMany<T> = Association<"hasMany", T>;
/** A record inside this record. */
export type EmbedsOne<T> = T | null;
/** Records inside this record, in order. */
export type EmbedsMany<T> = T[];

/** Options that all relations have. */
export interface AssociationOptions<U = object> extends RelatedOptions<U> {
  /** What a replaced record becomes under `putAssoc` and `castAssoc`; default: `"raise"`. */
  readonly onReplace?: OnReplace;
}

/** What a foreign key holds. */
export interface References<Name extends string = string> {
  /**
   * The field, or the list of fields, whose value the foreign key holds; default: the key of the record. A unique index on
   * exactly these fields serves it, and a Repo whose migrations make none is refused.
   */
  readonly references?: Name | readonly Name[];
}

type NamesOf<F> = F extends readonly (infer P extends string)[] ? P : F & string;

/** Options of relations whose foreign key is in the other schema. */
export interface DependentOptions<Key = unknown, U = object>
  extends AssociationOptions<U>,
    OrderedOptions<U>,
    References {
  /**
   * What becomes of the related records when this one is deleted, in the same transaction: `deleteAll` deletes each of
   * them, with what their own relations say, `nilifyAll` sets their foreign key to null (which it must be able to be).
   * Default: `"nothing"`. Needs an index that starts with the foreign key.
   */
  readonly onDelete?: null extends Key ? OnDelete : Exclude<OnDelete, "nilifyAll">;
}

/** Options of relations along other relations, which are for reading only. */
export interface ThroughOptions<P extends readonly string[] = readonly string[]> {
  /** The relations on the way, two or more: one of this schema, one of that one's target, and so on. */
  readonly through: P;
}

/** Options of `@EmbedsOne` and `@EmbedsMany`. */
export interface EmbedOptions {
  /** What a replaced embed becomes; default: `"raise"`. */
  readonly onReplace?: "raise" | "markAsInvalid" | "delete" | "update";
  /** Name in stored records; default: the property's. */
  readonly source?: string;
  /** Store the embed under this number (an integer from 0) instead of a name. Default: none, the name is stored. */
  readonly tag?: number;
}

type NotEmbedded = Refused<"Declare the property as the embedded class (a list of it for EmbedsMany).">;

type EndOf<T, P extends readonly string[]> = P extends readonly [
  infer H,
  ...infer R extends readonly string[],
]
  ? H extends keyof T
    ? EndOf<AssocTarget<Exclude<T[H], null | undefined>>, R>
    : never
  : T;

/** `K` when the relations on the way lead from `T` to `U`. */
type Leads<T, K extends keyof T, Kind extends AssociationKind, U, P extends readonly string[]> = [
  EndOf<T, P>,
] extends [never]
  ? Refused<"The way goes through relations of the classes on it, by their names.">
  : EndOf<T, P> extends U
    ? Relates<T, K, Kind, U>
    : Refused<"The relations on the way lead to another class.">;

type ThroughDecorator<Kind extends AssociationKind, U, P extends readonly string[]> = <
  T extends object,
  K extends keyof T,
>(
  target: T,
  property: Leads<T, K, Kind, U, P>,
) => void;

type Kind = "belongsTo" | "hasOne" | "hasMany";

const otherWay = (kind: Kind): string =>
  kind === "belongsTo" ? "" : ', or { through: ["postTags", "tag"] }';

function relation(
  decorator: string,
  kind: Kind,
  target: () => SchemaClass<object>,
  second: unknown,
  third: unknown,
): (prototype: object, property: unknown) => void {
  if (typeof target !== "function") refuseBareForm(decorator, target, '(() => Product, "productId")');
  return (prototype, property) => {
    const schema = classOf(prototype, property, decorator);
    const name = property as string;
    const where = `${schema.name}.${name}`;
    checkTarget(where, decorator, target);
    const common = { name, kind, target, join: undefined } as const;
    if (kind !== "belongsTo" && typeof second === "object" && second !== null && !Array.isArray(second)) {
      checkRelationOptions(where, decorator, second, throughOptions);
      const through = wayOf(where, decorator, (second as { through?: unknown }).through);
      const how = { onReplace: "raise", onDelete: "nothing" } as const;
      registerAssociation(schema, { ...common, ...how, foreignKeys: undefined, through });
      return;
    }
    const foreignKeys = fieldNames(second);
    if (foreignKeys === undefined) {
      throw new SchemaError(
        `${where} has no foreign key. Write @${decorator}(() => Product, "productId"): the name of a field of ` +
          `${kind === "belongsTo" ? "this schema" : "the related schema"}, or a list of different ones for a composite key` +
          `${otherWay(kind)}.`,
      );
    }
    if (isPlainObject(third) && Object.hasOwn(third, "through")) {
      throw new SchemaError(
        `${where} has both a foreign key and { through }. A relation through others has no key of its own: ` +
          `@${decorator}(() => Tag, { through: ["postTags", "tag"] }).`,
      );
    }
    checkRelationOptions(where, decorator, third, kind === "belongsTo" ? belongsToOptions : dependentOptions);
    const { onReplace = "raise", onDelete = "nothing" } = (third ?? {}) as DependentOptions<null>;
    registerAssociation(schema, {
      ...common,
      ...associationOptions(where, decorator, third),
      foreignKeys,
      through: undefined,
      onReplace,
      onDelete,
    });
  };
}

function wayOf(where: string, decorator: string, through: unknown): readonly string[] {
  const isName = (step: unknown) => typeof step === "string" && step !== "";
  if (Array.isArray(through) && through.length >= 2 && through.every(isName))
    return Object.freeze([...through] as string[]);
  throw new SchemaError(
    `${where}: { through } of @${decorator} is a list of two or more relations, the first one of this schema, as ` +
      `["postTags", "tag"], not ${Array.isArray(through) ? JSON.stringify(through) : showValue(through)}.` +
      (typeof through === "function" ? " (A schema in between is for @ManyToMany.)" : ""),
  );
}

/**
 * This record holds the key of another: `foreignKey` is a field of this schema, or the list of the fields that hold a
 * composite key, in its order.
 *
 * @example
 * \@Field("string") declare productId: string;
 * \@BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;
 * @example
 * \@Field("string") declare orgId: string;
 * \@Field("string") declare userId: string;
 * \@BelongsTo(() => Member, ["orgId", "userId"]) declare member: BelongsTo<Member>;
 * @throws SchemaError
 */
export function BelongsTo<U extends object, const F extends string | readonly string[]>(
  target: () => SchemaClass<U>,
  foreignKey: F,
  options?: AssociationOptions<NoInfer<U>> & References<FieldKey<NoInfer<U>>>,
): <T extends { readonly [P in NamesOf<F>]: unknown }, K extends keyof T>(
  target: T,
  property: Relates<T, K, "belongsTo", U>,
) => void {
  return relation("BelongsTo", "belongsTo", target, foreignKey, options);
}

/**
 * One record of another schema holds this one's key: `foreignKey` is a field of that schema, or a list of them. With `{ through }` it is the
 * first record that other relations lead to.
 *
 * @example \@HasOne(() => Passport, "userId", { onDelete: "deleteAll" }) declare passport: HasOne<Passport> | null;
 * @throws SchemaError
 */
// biome-ignore lint/suspicious/noRedeclare: an overload of a function that has the name of its type
export function HasOne<U extends object, const F extends FieldKey<U> | readonly FieldKey<U>[]>(
  target: () => SchemaClass<U>,
  foreignKey: F,
  options?: DependentOptions<U[NamesOf<F> & keyof U], NoInfer<U>>,
): RelationDecorator<"hasOne", U>;
// biome-ignore lint/suspicious/noRedeclare: an overload of a function that has the name of its type
export function HasOne<U extends object, const P extends readonly [string, string, ...string[]]>(
  target: () => SchemaClass<U>,
  options: ThroughOptions<P>,
): ThroughDecorator<"hasOne", U, P>;
export function HasOne(target: () => SchemaClass<object>, second: unknown, third?: unknown) {
  return relation("HasOne", "hasOne", target, second, third);
}

/**
 * Records of another schema hold this one's key: `foreignKey` is a field of that schema, or a list of them. Preloading needs an index
 * that starts with it, and so does `onDelete`. With `{ through }` they are the records that other relations lead to.
 *
 * @example \@HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
 * @example \@HasMany(() => Review, "productId", { onDelete: "deleteAll" }) declare reviews: HasMany<Review>;
 * @example
 * \@HasMany(() => PostTag, "postId") declare postTags: HasMany<PostTag>;
 * \@HasMany(() => Tag, { through: ["postTags", "tag"] }) declare tags: HasMany<Tag>;
 * @throws SchemaError
 */
// biome-ignore lint/suspicious/noRedeclare: an overload of a function that has the name of its type
export function HasMany<U extends object, const F extends FieldKey<U> | readonly FieldKey<U>[]>(
  target: () => SchemaClass<U>,
  foreignKey: F,
  options?: DependentOptions<U[NamesOf<F> & keyof U], NoInfer<U>>,
): RelationDecorator<"hasMany", U>;
// biome-ignore lint/suspicious/noRedeclare: an overload of a function that has the name of its type
export function HasMany<U extends object, const P extends readonly [string, string, ...string[]]>(
  target: () => SchemaClass<U>,
  options: ThroughOptions<P>,
): ThroughDecorator<"hasMany", U, P>;
export function HasMany(target: () => SchemaClass<object>, second: unknown, third?: unknown) {
  return relation("HasMany", "hasMany", target, second, third);
}

function embed(
  decorator: string,
  cardinality: "one" | "many",
  target: () => SchemaClass<object>,
  options: EmbedOptions = {},
): (prototype: object, property: unknown) => void {
  if (typeof target !== "function") refuseBareForm(decorator, target, "(() => Address)");
  return (prototype, property) => {
    const schema = classOf(prototype, property, decorator);
    const where = `${schema.name}.${String(property)}`;
    checkTarget(where, decorator, target);
    checkRelationOptions(where, decorator, options, embedOptions);
    const { onReplace = "raise", source, tag } = options;
    const name = property as string;
    const required = isDeclaredWithoutNull(prototype, name);
    registerEmbed(schema, { name, cardinality, target, onReplace, source, tag, required });
  };
}

/**
 * A record stored inside this one; `null` when there is none.
 *
 * @example \@EmbedsOne(() => Address) declare address: Address | null;
 * @throws SchemaError
 */
export function EmbedsOne<U extends object>(
  target: () => SchemaClass<U>,
  options?: EmbedOptions,
): <T extends object, K extends keyof T>(
  target: T,
  property: T[K] extends U | null | undefined ? K : NotEmbedded,
) => void {
  return embed("EmbedsOne", "one", target, options);
}

/**
 * Records stored inside this one, in order; `[]` in a new record.
 *
 * @example \@EmbedsMany(() => Address) declare addresses: Address[];
 * @throws SchemaError
 */
export function EmbedsMany<U extends object>(
  target: () => SchemaClass<U>,
  options?: EmbedOptions,
): <T extends object, K extends keyof T>(
  target: T,
  property: T[K] extends readonly U[] | null | undefined ? K : NotEmbedded,
) => void {
  return embed("EmbedsMany", "many", target, options);
}
