export { type FailedBuild, forgetFailed, noteFailed } from "./failed-builds.js";
export { keepFirstResult, readFirstResult } from "./first-results.js";
export {
  type ConditionOp,
  freezeIndex,
  type IndexInfo,
  type IndexKind,
  type IndexState,
  indexName,
  isTally,
  type StoredCondition,
} from "./index-info.js";
export { MetadataCache, type TenantMetadata } from "./metadata-cache.js";
export { type Registrations, readFailed, readIndexes, readRegistrations } from "./read-indexes.js";
export { type SourceMetadata, sourceMetadata } from "./source-metadata.js";
export { decodeIndexInfo, encodeIndexInfo, sameDefinition } from "./stored-index-info.js";
