export {
  dropLog,
  headKey,
  headVersion,
  type LogBatch,
  type LogRead,
  logBegin,
  logTail,
  readLog,
  startLog,
  stopLog,
  trimLog,
  trimmedThrough,
} from "./log.js";
export {
  encodeLogEntry,
  IMAGE_BYTES,
  type LogEntry,
  type LoggedChange,
  type LoggedFields,
  type LogOp,
} from "./log-codec.js";
