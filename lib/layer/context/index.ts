export { Attempt } from "./attempt.js";
export { createContext, type LayerContext } from "./layer-context.js";
export { knownMetadataOf, metadataOf, verifyTenant } from "./metadata-of.js";
export { SharedCommit } from "./shared-commit.js";
export { unbuiltIndexes } from "./unbuilt-indexes.js";
export { rowText, type UniqueJudge } from "./unique-judge.js";
export type { WriteOrder, WritePlace } from "./write-order.js";
