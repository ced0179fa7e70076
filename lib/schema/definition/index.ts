export type {
  AnyAssociation,
  Association,
  AssociationKind,
  AssocKey,
  AssocKind,
  AssocTarget,
  Attrs,
  EmbedKey,
  EmbedValue,
  FieldKey,
  IdOf,
  KeyOfType,
  NewAttrs,
  Preloaded,
  PreloadPath,
  RequiredKey,
  SchemaClass,
  SummandKey,
} from "./brands.js";
export { OptionalFields } from "./brands.js";
export { checkWhenDefined } from "./check-when-defined.js";
export { defaultOf } from "./default-of.js";
export { embedPath, pathOfStored } from "./embed-path.js";
export { storedName } from "./embed-type.js";
export { enumValues } from "./enum-values.js";
export { hydrate } from "./hydrate.js";
export {
  type JoinDefinition,
  registerAssociation,
  registerEmbed,
  registerField,
  registerSchema,
} from "./registry.js";
export { isOwnKey, nullableOf, referencedFields } from "./relation-fields.js";
export { isReservedName } from "./reserved-names.js";
export type {
  AssociationDefaults,
  AssociationInfo,
  EmbedInfo,
  FieldInfo,
  HeldKey,
  JoinInfo,
  KeyedAssociation,
  ManyToManyAssociation,
  OnDelete,
  OnReplace,
  OnViolation,
  PreloadOrderTerm,
  SchemaInfo,
  ThroughAssociation,
  Writable,
} from "./schema-info.js";
export { isSchema, schemaOf } from "./schema-of.js";
export { nearMisses, suggest } from "./suggest.js";
