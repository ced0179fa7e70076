export { copyVerb } from "./copy.js";
export { type CopiedTenant, type CopyOptions, type CopyProgress, copyStore } from "./copy-store.js";
