export {
  type AtomicOperation,
  type RawKey,
  type RawKeyRange,
  RawKeys,
  type RawRangeOptions,
  type RawReadOptions,
  type RawRow,
} from "./raw-keys.js";
