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
export { defaultOf } from "./default-of.js";
export { hydrate } from "./hydrate.js";
export { registerAssociation, registerEmbed, registerField, registerSchema } from "./registry.js";
export { isReservedName } from "./reserved-names.js";
export type { AssociationInfo, EmbedInfo, FieldInfo, OnReplace, SchemaInfo } from "./schema-info.js";
export { isSchema, schemaOf } from "./schema-of.js";
export { nearMisses, suggest } from "./suggest.js";
