/** The decorator of relations between many and many, and the type to declare their properties with. */

import { SchemaError } from "../../errors.js";
import {
  type Association,
  type FieldKey,
  type OnReplace,
  registerAssociation,
  type SchemaClass,
} from "../definition/index.js";
import { showValue } from "../types/index.js";
import {
  associationOptions,
  type OrderedOptions,
  type RelatedOptions,
  type RelationValues,
  type RelationWhere,
  valuesOf,
} from "./association-options.js";
import { classOf } from "./decorator-target.js";
import { checkRelationOptions, fieldNames, manyToManyOptions } from "./relation-options.js";
import { checkTarget, isClass, type RelationDecorator } from "./relation-target.js";

/** The records of another schema that records of a third one join with this one; opaque until preloaded. */
export type ManyToMany<T> = Association<"manyToMany", T>;

/** Options of `@ManyToMany`. */
export interface ManyToManyOptions<J, U = object> extends RelatedOptions<U>, OrderedOptions<U> {
  /** The schema whose records hold the keys of both sides: a function, or the class itself where it exists already. */
  readonly through: (() => SchemaClass<J>) | SchemaClass<J>;
  /**
   * The fields of that schema with the key of this side and of the other one; default: those that its `@BelongsTo`
   * relations name. Needed when both sides are one schema. Of a composite key a list, in its order.
   */
  readonly joinKeys?: readonly [
    owner: FieldKey<J> | readonly FieldKey<J>[],
    target: FieldKey<J> | readonly FieldKey<J>[],
  ];
  /** Only joins that meet these conditions count; `joinDefaults` makes new ones meet them. Default: all of them count. */
  readonly joinWhere?: RelationWhere<J>;
  /** Values of new joins besides the two keys. Default: none. */
  readonly joinDefaults?: RelationValues<J>;
  /**
   * Refuses in the changeset a record that the list of `putAssoc` or `castAssoc` names twice; default: false. What is stored
   * is kept unique by a unique index of the two keys.
   */
  readonly unique?: boolean;
  /** What the joins of records become that `putAssoc` and `castAssoc` leave out; default: `"raise"`. */
  readonly onReplace?: Extract<OnReplace, "raise" | "markAsInvalid" | "delete">;
  /** Whether the joins of a record are deleted with it; the records on the other side never are. Default: `"nothing"`. */
  readonly onDelete?: "nothing" | "deleteAll";
}

/**
 * Records of this schema and of another are related by records of a third one, which hold the keys of both. Reading and
 * changing the relation needs an index of that schema that starts with the key of this side.
 *
 * @example \@ManyToMany(() => Tag, { through: () => PostTag, onReplace: "delete" }) declare tags: ManyToMany<Tag>;
 * @throws SchemaError for options that there are not
 */
export function ManyToMany<U extends object, J extends object>(
  target: () => SchemaClass<U>,
  options: ManyToManyOptions<J, NoInfer<U>>,
): RelationDecorator<"manyToMany", U> {
  return (prototype, property) => {
    const schema = classOf(prototype, property, "ManyToMany");
    const name = property as string;
    const where = `${schema.name}.${name}`;
    checkTarget(where, "ManyToMany", target);
    checkRelationOptions(where, "ManyToMany", options, manyToManyOptions);
    const { through, joinKeys, onReplace = "raise", onDelete = "nothing" } = options ?? {};
    const { joinWhere, joinDefaults, unique } = options ?? {};
    if (unique !== undefined && typeof unique !== "boolean")
      throw new SchemaError(
        `${where}: { unique } of @ManyToMany is true or false, not ${showValue(unique)}.`,
      );
    const joinValues = (option: string, given: unknown) =>
      given === undefined ? undefined : valuesOf(where, "ManyToMany", option, given);
    if (typeof through !== "function") {
      throw new SchemaError(
        `${where} needs the schema in between, as { through: () => PostTag }, not ${showValue(through)}. ` +
          "(A list of relations is for @HasMany, which only reads.)",
      );
    }
    registerAssociation(schema, {
      name,
      kind: "manyToMany",
      target,
      foreignKeys: undefined,
      through: undefined,
      join: {
        schema: isClass(through)
          ? () => through as SchemaClass<object>
          : (through as () => SchemaClass<object>),
        keys: joinKeys === undefined ? undefined : keysOf(where, joinKeys),
        where: joinValues("joinWhere", joinWhere),
        defaults: joinValues("joinDefaults", joinDefaults),
        unique: unique === true,
      },
      ...associationOptions(where, "ManyToMany", options),
      onReplace,
      onDelete,
    });
  };
}

function keysOf(where: string, keys: unknown): readonly [readonly string[], readonly string[]] {
  if (Array.isArray(keys) && keys.length === 2) {
    const [owner, target] = keys.map((key) => fieldNames(key));
    if (owner !== undefined && target !== undefined) return Object.freeze([owner, target] as const);
  }
  throw new SchemaError(
    `${where}: { joinKeys } are two names of fields, the key of this side first, as ["postId", "tagId"] (of a composite key a list of ` +
      `names), not ${showValue(keys)}.`,
  );
}
