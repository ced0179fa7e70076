export {
  type ConditionOp,
  decodeIndexInfo,
  encodeIndexInfo,
  freezeIndex,
  type IndexInfo,
  type IndexKind,
  type IndexState,
  indexName,
  type StoredCondition,
  sameDefinition,
} from "./index-info.js";
export { MetadataCache, type TenantMetadata } from "./metadata-cache.js";
export { readIndexes } from "./read-indexes.js";
export { type SourceMetadata, sourceMetadata } from "./source-metadata.js";
