export {
  AFTER_ALL,
  boundKey,
  compareKey,
  type Key,
  MAX_KEY,
  MAX_KEY_BYTES,
  MAX_STORED_KEY,
  MAX_SYSTEM_KEY,
  METADATA_VERSION_KEY,
  readKeyLimit,
  toBytes,
  toKey,
} from "./key.js";
export { RangeSet, type Stretch } from "./range-set.js";
export { SortedMap } from "./sorted-map.js";
export { copyValue, MAX_JOINED, MAX_VALUE_BYTES, ownValue, room, sameValue } from "./value.js";
