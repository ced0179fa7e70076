export {
  Field,
  type FieldOptions,
  InsertedAt,
  PrimaryKey,
  type PrimaryKeyOptions,
  UpdatedAt,
} from "./field-decorators.js";
export { ManyToMany, type ManyToManyOptions } from "./many-to-many.js";
export {
  type AssociationOptions,
  BelongsTo,
  type DependentOptions,
  type EmbedOptions,
  EmbedsMany,
  EmbedsOne,
  HasMany,
  HasOne,
  type ThroughOptions,
} from "./relation-decorators.js";
export { EmbeddedSchema, Schema, type SchemaOptions } from "./schema-decorators.js";
