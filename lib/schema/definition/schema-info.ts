/** What is known about a schema, as frozen data: its fields, relations and embeds. */

import type { FieldType } from "../types/index.js";
import type { SchemaClass } from "./brands.js";

/** One field of a schema. */
export interface FieldInfo {
  /** The property. */
  readonly name: string;
  /** The name in stored records. */
  readonly source: string;
  /** Stored as this integer instead of the name, so that a rename is free. */
  readonly tag: number | undefined;
  /** Passes `null` through, and names class, field and value in what it throws. */
  readonly type: FieldType<unknown>;
  /** Whether it is never stored. */
  readonly virtual: boolean;
  /** Left out of `util.inspect` and of messages. */
  readonly redact: boolean;
  /** A value, or a function called for each new record; `undefined` when there is none. */
  readonly default: unknown;
  /** What fills it in: the key, or a timestamp; undefined for a field that nobody does. */
  readonly autogenerate: "id" | "insertedAt" | "updatedAt" | undefined;
  /** Whether what is written needs a value: declared without `| null`, as far as that is known, and not generated. */
  readonly required: boolean;
  /** Whether the Repo writes the field always, when a record is inserted, or never. */
  readonly writable: Writable;
  /** What becomes of a value that it does not write. */
  readonly onViolation: OnViolation;
}

export type Writable = "always" | "insert" | "never";
export type OnViolation = "raise" | "warn" | "ignore";

/**
 * What happens to the present related records when `putAssoc` or `castAssoc` gives others: `raise` an error,
 * `markAsInvalid` the changeset, `nilify` their foreign key, `delete` them, `deleteIfExists` (which is no failure where
 * somebody else has deleted one meanwhile), or `update` the one in place (to-one relations).
 */
export type OnReplace = "raise" | "markAsInvalid" | "nilify" | "delete" | "deleteIfExists" | "update";

/**
 * What happens to the related records when this one is deleted: `nothing`, `deleteAll` (as by deleting each of them), or
 * `nilifyAll` (their foreign key becomes null). Of a many-to-many relation `deleteAll` is about the records of the join.
 */
export type OnDelete = "nothing" | "deleteAll" | "nilifyAll";

interface RelationInfo {
  readonly name: string;
  /** Whether there is one related record at most, or a list of them. */
  readonly cardinality: "one" | "many";
  /** The related schema. Throws `SchemaError` when the class is no schema, or the relation does not fit it. */
  readonly target: () => SchemaInfo;
  readonly onReplace: OnReplace;
  readonly onDelete: OnDelete;
  /** Conditions that the related records meet besides, as a query takes them. */
  readonly where: Readonly<Record<string, unknown>> | undefined;
  /** The order in which they are preloaded, unless a query says another one. */
  readonly preloadOrder: readonly PreloadOrderTerm[] | undefined;
  /** What a new related record has that does not say otherwise. */
  readonly defaults: AssociationDefaults | undefined;
}

/** One field of an order. */
export interface PreloadOrderTerm {
  readonly field: string;
  readonly direction: "asc" | "desc";
}

/** Attributes, or a function of the attributes that are given and the record that the new one belongs to. */
export type AssociationDefaults =
  | Readonly<Record<string, unknown>>
  | ((given: never, owner: never) => Readonly<Record<string, unknown>>);

/** A relation to another source, held by a foreign key. */
export interface KeyedAssociation extends RelationInfo {
  readonly kind: "belongsTo" | "hasOne" | "hasMany";
  /** A field of this schema (belongsTo) or of the target (hasOne, hasMany); of a composite key the first one. */
  readonly foreignKey: string;
  /** All fields of the foreign key, in the order of the key that they hold. */
  readonly foreignKeys: readonly string[];
  /** The fields of the other side whose values they hold: its key, or what `references` names. Throws `SchemaError`. */
  readonly references: () => readonly string[];
  readonly through: undefined;
  readonly join: undefined;
}

/** A relation along other relations, for reading only. */
export interface ThroughAssociation extends RelationInfo {
  readonly kind: "hasOne" | "hasMany";
  readonly foreignKey: undefined;
  readonly foreignKeys: readonly never[];
  /** The relations on the way: the first is one of this schema, the next one of that one's target. */
  readonly through: readonly string[];
  readonly join: undefined;
}

/** The fields that hold a key, and the fields of the record whose values they are, in the same order. */
export interface HeldKey {
  readonly foreignKeys: readonly string[];
  readonly references: readonly string[];
}

/** The schema between the two of a many-to-many relation, with its two foreign keys. */
export interface JoinInfo {
  readonly schema: SchemaInfo;
  /** The field that holds the key of this schema's record; of a composite key the first one. */
  readonly ownerKey: string;
  /** The field that holds the key of the related record; of a composite key the first one. */
  readonly targetKey: string;
  /** How joins hold the key of this schema's record. */
  readonly owner: HeldKey;
  /** How joins hold the key of the related record. */
  readonly target: HeldKey;
  /** Conditions that joins meet besides. */
  readonly where: Readonly<Record<string, unknown>> | undefined;
  /** What new joins have besides the keys. */
  readonly defaults: Readonly<Record<string, unknown>> | undefined;
  /** Whether the store is asked for a join before another one is written. */
  readonly unique: boolean;
}

/** A relation by records of a third schema that hold both keys. */
export interface ManyToManyAssociation extends RelationInfo {
  readonly kind: "manyToMany";
  readonly foreignKey: undefined;
  readonly foreignKeys: readonly never[];
  readonly through: undefined;
  /** Throws `SchemaError` when the two foreign keys are not there, or not clear. */
  readonly join: () => JoinInfo;
}

/** A relation to other records. */
export type AssociationInfo = KeyedAssociation | ThroughAssociation | ManyToManyAssociation;

/** A record (or a list of records) inside the record; also one of its fields. */
export interface EmbedInfo {
  readonly name: string;
  readonly cardinality: "one" | "many";
  readonly target: () => SchemaInfo;
  readonly onReplace: OnReplace;
}

/** Everything known about a schema; frozen. */
export interface SchemaInfo<T extends object = object> {
  /** The class. */
  readonly schema: SchemaClass<T>;
  /** The name of the class. */
  readonly name: string;
  /** The name in the keyspace; that of an embedded schema is its class name. */
  readonly source: string;
  /** Whether its records live inside other records. */
  readonly embedded: boolean;
  /** The last field of a composite key. Throws `SchemaError` on an embedded schema without one. */
  readonly primaryKey: FieldInfo;
  /** Whether there is a primary key; embedded schemas may have none. */
  readonly hasPrimaryKey: boolean;
  /** The field whose value precedes the key; undefined without one. */
  readonly partitionBy: FieldInfo | undefined;
  /**
   * What a record is found by, in the order of its key: the primary key behind its partition, or the fields of a composite
   * primary key, whose last one is `primaryKey`. Empty for an embedded schema without one.
   */
  readonly keyFields: readonly FieldInfo[];
  /** Stored fields: primary key first, then as declared. */
  readonly fields: readonly FieldInfo[];
  /** Fields that are never stored. */
  readonly virtualFields: readonly FieldInfo[];
  /** Fields and virtual fields as they are set on records. */
  readonly allFields: readonly FieldInfo[];
  /** Fields whose values are kept out of logs and messages. */
  readonly redactedFields: readonly FieldInfo[];
  /** Fields without which nothing is written. */
  readonly requiredFields: readonly FieldInfo[];
  /** Relations, as declared. */
  readonly associations: readonly AssociationInfo[];
  /** Embeds, as declared; they are among the fields too. */
  readonly embeds: readonly EmbedInfo[];
  /** Throws `UnknownFieldError`, with names that come close. */
  field(name: string): FieldInfo;
  /** Whether there is a field of this name, virtual ones included. */
  hasField(name: string): boolean;
  /** Throws `UnknownFieldError`, with the relations there are. */
  association(name: string): AssociationInfo;
  /** Whether there is a relation of this name. */
  hasAssociation(name: string): boolean;
  /** Throws `UnknownFieldError`. */
  embed(name: string): EmbedInfo;
  /** Whether there is an embed of this name. */
  hasEmbed(name: string): boolean;
}
