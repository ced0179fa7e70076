export type {
  AnyAssociation,
  Association,
  AssociationKind,
  AssocKey,
  AssocKind,
  AssocTarget,
  Attrs,
  FieldKey,
  KeyOfType,
  Preloaded,
  PreloadPath,
  SchemaClass,
} from "./brands.js";
export { build, buildRecord } from "./build.js";
export { defaultOf } from "./default.js";
export { detached } from "./detached.js";
export {
  Field,
  type FieldOptions,
  InsertedAt,
  PrimaryKey,
  type PrimaryKeyOptions,
  UpdatedAt,
} from "./field-decorators.js";
export type { CastResult, FieldType, StoredValue } from "./field-type.js";
export { hydrate } from "./hydrate.js";
export type { AssociationInfo, EmbedInfo, FieldInfo, OnReplace, SchemaInfo } from "./info.js";
export { REDACTED, redactedFields } from "./inspect.js";
export { getMeta, type RecordMeta, setMeta } from "./meta.js";
export { nearMisses, suggest } from "./names.js";
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
export { isSchema, schemaOf } from "./schema-of.js";
export { isFieldType, isTypeSpec, resolveType, type TypeSpec, type ValueOf } from "./type-spec.js";
export { MAX_ITEMS } from "./types/array.js";
export { builtinType, findBuiltinType, type TypeMap, type TypeName } from "./types/builtin.js";
export { compareCodePoints } from "./types/code-points.js";
export { type EnumType, enumOf } from "./types/enum.js";
export { equalValues } from "./types/equal.js";
export { showValue } from "./types/outcome.js";
