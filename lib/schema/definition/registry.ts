/** Collects what the decorators of a class declare, until `@Schema` or `@EmbeddedSchema` completes it. */

import { markCopy } from "../../copies.js";
import { SchemaError } from "../../errors.js";
import type { SchemaClass } from "./brands.js";
import { isReservedName } from "./reserved-names.js";
import type {
  AssociationDefaults,
  OnDelete,
  OnReplace,
  OnViolation,
  PreloadOrderTerm,
  Writable,
} from "./schema-info.js";

/** A field as its decorator wrote it. */
export interface FieldDefinition {
  readonly name: string;
  readonly type: unknown;
  readonly primaryKey: boolean;
  readonly source: string | undefined;
  readonly tag: number | undefined;
  readonly virtual: boolean;
  readonly redact: boolean;
  readonly default: unknown;
  readonly autogenerate: "id" | "insertedAt" | "updatedAt" | undefined;
  readonly partitionBy: string | undefined;
  /** Whether the property holds no null, as the options state or the compiler recorded; false when neither tells. */
  readonly required: boolean;
  readonly writable: Writable;
  readonly onViolation: OnViolation;
}

/** A relation as its decorator wrote it; it has a foreign key, a way through others, or a join. */
export interface AssociationDefinition {
  readonly name: string;
  readonly kind: "belongsTo" | "hasOne" | "hasMany" | "manyToMany";
  readonly target: () => SchemaClass<object>;
  /** One field, or those of a composite key in its order. */
  readonly foreignKeys: readonly string[] | undefined;
  /** The fields whose values they hold; undefined: the key. */
  readonly references?: readonly string[] | undefined;
  readonly through: readonly string[] | undefined;
  readonly join: JoinDefinition | undefined;
  readonly onReplace: OnReplace;
  readonly onDelete: OnDelete;
  readonly where?: Readonly<Record<string, unknown>> | undefined;
  readonly preloadOrder?: readonly PreloadOrderTerm[] | undefined;
  readonly defaults?: AssociationDefaults | undefined;
}

export interface JoinDefinition {
  readonly schema: () => SchemaClass<object>;
  /** The owner's and the related record's foreign key; absent: as the relations of the schemas say. */
  readonly keys: readonly [owner: readonly string[], target: readonly string[]] | undefined;
  readonly where?: Readonly<Record<string, unknown>> | undefined;
  readonly defaults?: Readonly<Record<string, unknown>> | undefined;
  readonly unique?: boolean;
}

export interface EmbedDefinition {
  readonly name: string;
  readonly cardinality: "one" | "many";
  readonly target: () => SchemaClass<object>;
  readonly onReplace: OnReplace;
  readonly source: string | undefined;
  readonly tag: number | undefined;
  readonly required: boolean;
}

export type PropertyDefinition =
  | ({ readonly is: "field" } & FieldDefinition)
  | ({ readonly is: "association" } & AssociationDefinition)
  | ({ readonly is: "embed" } & EmbedDefinition);

/** What is known of a class while its decorators run. */
export interface Definition {
  /** Undefined until `@Schema` or `@EmbeddedSchema` ran on this very class. */
  source: string | undefined;
  embedded: boolean;
  /** The stored name of a property whose decorator gives none. */
  fieldSource: (property: string) => string;
  /** Fields that are redacted beside those that say so. */
  redact: "allButKeys" | undefined;
  /** In the order of declaration, those of base classes first. */
  readonly properties: Map<string, PropertyDefinition>;
  /** Names that this class declared itself. */
  readonly own: Set<string>;
}

// Keyed by constructor: names change under minifiers, and two files may declare the same one.
const definitions = new WeakMap<object, Definition>();

/** The class's own definition; one that has none starts as a copy of its base's, so that it never writes there. */
function ownDefinition(schema: object): Definition {
  const present = definitions.get(schema);
  if (present !== undefined) return present;
  const inherited = findDefinition(Object.getPrototypeOf(schema) as object | null);
  const definition: Definition = {
    source: undefined,
    embedded: false,
    fieldSource: (property) => property,
    redact: undefined,
    properties: new Map(inherited?.properties),
    own: new Set(),
  };
  definitions.set(schema, definition);
  markCopy(schema);
  return definition;
}

/** The definition of the class or of its nearest base that has one. */
export function findDefinition(schema: object | null): Definition | undefined {
  for (let at = schema; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const found = definitions.get(at);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The definition that `@Schema` or `@EmbeddedSchema` completed for exactly this class. */
export function definitionOf(schema: object): Definition | undefined {
  const definition = definitions.get(schema);
  return definition?.source === undefined ? undefined : definition;
}

function register(schema: SchemaClass, property: PropertyDefinition): void {
  const where = `${schema.name}.${property.name}`;
  if (isReservedName(property.name)) {
    throw new SchemaError(
      `${where}: "${property.name}" has a meaning for every JavaScript object and cannot be a field. ` +
        `Rename the property and keep the stored name: @Field(type, { source: "${property.name}" }).`,
    );
  }
  const definition = ownDefinition(schema);
  if (definition.own.has(property.name)) {
    throw new SchemaError(
      `${where} is declared twice. A property takes one of @PrimaryKey, @Field, @InsertedAt, @UpdatedAt, @BelongsTo, ` +
        "@HasOne, @HasMany, @ManyToMany, @EmbedsOne and @EmbedsMany; remove the other.",
    );
  }
  definition.own.add(property.name);
  definition.properties.set(property.name, Object.freeze(property));
}

/** Adds a field to a class. Decorators of any flavour end here. */
export function registerField(
  schema: SchemaClass,
  name: string,
  options: Partial<Omit<FieldDefinition, "name">> & { readonly type: unknown },
): void {
  register(schema, {
    is: "field",
    name,
    primaryKey: false,
    source: undefined,
    tag: undefined,
    virtual: false,
    redact: false,
    default: undefined,
    autogenerate: undefined,
    partitionBy: undefined,
    required: false,
    writable: "always",
    onViolation: "raise",
    ...options,
  });
}

/** Adds a relation to a class. */
export function registerAssociation(schema: SchemaClass, definition: AssociationDefinition): void {
  register(schema, { is: "association", ...definition });
}

/** Adds an embedded record, or a list of them, to a class. */
export function registerEmbed(schema: SchemaClass, definition: EmbedDefinition): void {
  register(schema, { is: "embed", ...definition });
}

/** Completes a class as a schema. */
export function registerSchema(
  schema: SchemaClass,
  source: string,
  embedded: boolean,
  fieldSource: Definition["fieldSource"] | undefined,
  redact?: "allButKeys",
): void {
  const definition = ownDefinition(schema);
  if (definition.source !== undefined) {
    throw new SchemaError(`${schema.name} is decorated twice with @Schema or @EmbeddedSchema; remove one.`);
  }
  definition.source = source;
  definition.embedded = embedded;
  if (fieldSource !== undefined) definition.fieldSource = fieldSource;
  if (redact !== undefined) definition.redact = redact;
}
