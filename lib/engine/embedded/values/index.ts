export { type AtomicType, applyAtomic } from "./atomic.js";
export {
  AFTER_ALL,
  boundKey,
  copyValue,
  type Key,
  MAX_KEY,
  MAX_KEY_BYTES,
  MAX_STORED_KEY,
  MAX_SYSTEM_KEY,
  MAX_VALUE_BYTES,
  METADATA_VERSION_KEY,
  ownValue,
  readKeyLimit,
  sameValue,
  toBytes,
  toKey,
} from "./keys.js";
export { RangeSet } from "./range-set.js";
export { SortedMap } from "./sorted-map.js";
export { fillStamp, placeStamp, stampPosition, versionstamp } from "./stamp.js";
export { Turns } from "./turns.js";
export { monotonicMicroseconds, VERSION_WINDOW, VersionClock } from "./version-clock.js";
export { CLEAR_RANGE, type Mutation, mutationSize, SET, Write } from "./write.js";
