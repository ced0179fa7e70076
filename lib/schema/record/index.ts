export { build, buildRecord } from "./build.js";
export { detached } from "./detached.js";
export { getMeta, type RecordMeta, setMeta } from "./record-meta.js";
export { REDACTED, redactedFields, redactInspection } from "./redaction.js";
