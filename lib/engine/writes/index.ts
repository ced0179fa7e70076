export { type AtomicType, applyAtomic } from "./atomic.js";
export { CLEAR_RANGE, type Mutation, mutationSize, SET } from "./mutation.js";
export { NativeWrites } from "./native-writes.js";
export { fillStamp, placeStamp, stampedRange, stampPosition, versionstamp } from "./versionstamp.js";
export type { Write } from "./write.js";
export { WriteMap } from "./write-map.js";
