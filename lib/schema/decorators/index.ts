export {
  Field,
  type FieldOptions,
  InsertedAt,
  PrimaryKey,
  type PrimaryKeyOptions,
  UpdatedAt,
} from "./field-decorators.js";
export {
  type AssociationOptions,
  BelongsTo,
  type EmbedOptions,
  EmbedsMany,
  EmbedsOne,
  HasMany,
  HasOne,
} from "./relation-decorators.js";
export { EmbeddedSchema, Schema, type SchemaOptions } from "./schema-decorators.js";
