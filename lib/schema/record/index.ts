export { build, buildRecord } from "./build.js";
export { detached } from "./detached.js";
export { REDACTED, redactedFields, redactInspection } from "./inspect.js";
export { getMeta, type RecordMeta, setMeta } from "./meta.js";
