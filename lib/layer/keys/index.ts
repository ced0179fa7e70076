export { type Bytes, EMPTY, keyText, startsWith, withByte } from "./bytes.js";
export { metaKeys } from "./meta-keys.js";
export {
  type KeyRange,
  prefixRange,
  SourceKeys,
  sourceKeys,
  stringPrefixRange,
  touchHead,
} from "./source-keys.js";
