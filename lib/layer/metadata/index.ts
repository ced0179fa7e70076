export { Attempt, createContext, type LayerContext } from "./context.js";
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
export {
  knownMetadataOf,
  MetadataCache,
  metadataOf,
  readIndexes,
  type SourceMetadata,
  verifyTenant,
} from "./metadata.js";
