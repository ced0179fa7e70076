export { type Bytes, continuesTuple, EMPTY, keyText, withByte } from "./bytes.js";
export { afterRow, chunkKey, chunkRange } from "./chunk-keys.js";
export { type KeyRange, prefixRange, stringPrefixRange } from "./key-range.js";
export { metaKeys } from "./meta-keys.js";
export { SourceKeys, sourceKeys } from "./source-keys.js";
