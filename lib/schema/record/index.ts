export { bodyFields, isToldByKey } from "./body-fields.js";
export { build, buildRecord } from "./build.js";
export { detached } from "./detached.js";
export { hasTextBigints, jsonBigints } from "./json-form.js";
export { loadedValue } from "./loaded-value.js";
export { lostClass } from "./lost-class.js";
export { dump, load } from "./plain-data.js";
export { copyMeta, getMeta, loadedKeyOf, type RecordMeta, setMeta } from "./record-meta.js";
export { REDACTED, redactedFields, redactInspection } from "./redaction.js";
