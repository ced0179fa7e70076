export { LayerReader } from "./layer-reader.js";
export { LogTrimmer } from "./log-trimmer.js";
export { loggedFields } from "./logged-fields.js";
export { Matcher, type Tests } from "./matcher.js";
export { testsOf } from "./query-tests.js";
export type { Reader } from "./reader.js";
export { commitOf, type DeltaEntry, latin1, RowDelta, rowKey } from "./row-delta.js";
export { anyRow, type KnownRow, rowAfter, rowBefore } from "./row-history.js";
export { keyOfRow } from "./row-key.js";
