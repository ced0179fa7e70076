export { double, float, TupleDouble, TupleFloat } from "./floats.js";
export type { TupleItem } from "./item.js";
export { compareTuples, type KeyRange, pack, packWithVersionstamp, range, unpack } from "./pack.js";
export { prefixRange } from "./prefix-range.js";
export { Subspace } from "./subspace.js";
export { TupleUuid, uuid } from "./uuid.js";
export { Versionstamp } from "./versionstamp.js";
