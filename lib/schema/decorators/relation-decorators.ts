/** The decorators of relations and embeds, and the types to declare their properties with. */

import { SchemaError } from "../../errors.js";
import {
  type Association,
  type AssociationKind,
  type FieldKey,
  type OnReplace,
  registerAssociation,
  registerEmbed,
  type SchemaClass,
} from "../definition/index.js";
import { isDeclaredWithoutNull } from "./declared-null.js";
import { classOf } from "./decorator-target.js";
import type { Refused } from "./fits.js";

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

export interface AssociationOptions {
  /** What a replaced record becomes under `putAssoc` and `castAssoc`; default: `"raise"`. */
  readonly onReplace?: OnReplace;
}

export interface EmbedOptions {
  /** What a replaced embed becomes; default: `"raise"`. */
  readonly onReplace?: "raise" | "markAsInvalid" | "delete" | "update";
  /** Name in stored records; default: the property's. */
  readonly source?: string;
  /** Store the embed under this integer instead of a name. */
  readonly tag?: number;
}

type Relates<T, K extends keyof T, Kind extends AssociationKind, U> = T[K] extends
  | Association<Kind, U>
  | null
  | undefined
  ? K
  : Refused<"Declare the property as the relation of this decorator, to the same class.">;

type NotEmbedded = Refused<"Declare the property as the embedded class (a list of it for EmbedsMany).">;

type RelationDecorator<Kind extends AssociationKind, U> = <T extends object, K extends keyof T>(
  target: T,
  property: Relates<T, K, Kind, U>,
) => void;

function relation(
  decorator: string,
  kind: AssociationKind,
  target: () => SchemaClass<object>,
  foreignKey: string,
  { onReplace = "raise" }: AssociationOptions = {},
): (prototype: object, property: unknown) => void {
  return (prototype, property) => {
    const schema = classOf(prototype, property, decorator);
    const name = property as string;
    const where = `${schema.name}.${name}`;
    checkTarget(where, decorator, target);
    if (typeof foreignKey !== "string" || foreignKey === "") {
      throw new SchemaError(
        `${where} has no foreign key. Write @${decorator}(() => Product, "productId"): the name of a field of ` +
          `${kind === "belongsTo" ? "this schema" : "the related schema"}.`,
      );
    }
    registerAssociation(schema, { name, kind, target, foreignKey, onReplace });
  };
}

function checkTarget(where: string, decorator: string, target: unknown): void {
  // A class is a function as well; calling it as a thunk would fail far from here.
  if (typeof target === "function" && !/^class\b/.test(Function.prototype.toString.call(target))) return;
  throw new SchemaError(
    `${where} names its schema directly. Write a function, @${decorator}(() => Product, …): the class may not exist ` +
      "yet while this one is defined.",
  );
}

/**
 * This record holds the key of another: `foreignKey` is a field of this schema.
 *
 * @example \@BelongsTo(() => Product, "productId") declare product: BelongsTo<Product>;
 */
export function BelongsTo<U extends object, const F extends string>(
  target: () => SchemaClass<U>,
  foreignKey: F,
  options?: AssociationOptions,
): <T extends { readonly [P in F]: unknown }, K extends keyof T>(
  target: T,
  property: Relates<T, K, "belongsTo", U>,
) => void {
  return relation("BelongsTo", "belongsTo", target, foreignKey, options);
}

/** One record of another schema holds this one's key: `foreignKey` is a field of that schema. */
export function HasOne<U extends object>(
  target: () => SchemaClass<U>,
  foreignKey: FieldKey<U>,
  options?: AssociationOptions,
): RelationDecorator<"hasOne", U> {
  return relation("HasOne", "hasOne", target, foreignKey, options);
}

/**
 * Records of another schema hold this one's key: `foreignKey` is a field of that schema. Preloading needs an index
 * that starts with it.
 *
 * @example \@HasMany(() => Review, "productId") declare reviews: HasMany<Review>;
 */
export function HasMany<U extends object>(
  target: () => SchemaClass<U>,
  foreignKey: FieldKey<U>,
  options?: AssociationOptions,
): RelationDecorator<"hasMany", U> {
  return relation("HasMany", "hasMany", target, foreignKey, options);
}

function embed(
  decorator: string,
  cardinality: "one" | "many",
  target: () => SchemaClass<object>,
  { onReplace = "raise", source, tag }: EmbedOptions = {},
): (prototype: object, property: unknown) => void {
  return (prototype, property) => {
    const schema = classOf(prototype, property, decorator);
    checkTarget(`${schema.name}.${String(property)}`, decorator, target);
    const name = property as string;
    const required = isDeclaredWithoutNull(prototype, name);
    registerEmbed(schema, { name, cardinality, target, onReplace, source, tag, required });
  };
}

/** A record stored inside this one; `null` when there is none. */
export function EmbedsOne<U extends object>(
  target: () => SchemaClass<U>,
  options?: EmbedOptions,
): <T extends object, K extends keyof T>(
  target: T,
  property: T[K] extends U | null | undefined ? K : NotEmbedded,
) => void {
  return embed("EmbedsOne", "one", target, options);
}

/** Records stored inside this one, in order; `[]` in a new record. */
export function EmbedsMany<U extends object>(
  target: () => SchemaClass<U>,
  options?: EmbedOptions,
): <T extends object, K extends keyof T>(
  target: T,
  property: T[K] extends readonly U[] | null | undefined ? K : NotEmbedded,
) => void {
  return embed("EmbedsMany", "many", target, options);
}
