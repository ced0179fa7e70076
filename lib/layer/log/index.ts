export { decodeLogEntry } from "./decode-log-entry.js";
export { encodeLogEntry, IMAGE_BYTES, type LoggedChange, type LoggedFields } from "./encode-log-entry.js";
export { headKey, headVersion, touchHead } from "./heads.js";
export type { LogEntry, LogOp } from "./log-entry.js";
export { dropLog, startLog, stopLog, trimLog } from "./log-lifetime.js";
export { type LogBatch, type LogRead, logBegin, logTail, readLog, trimmedThrough } from "./read-log.js";
