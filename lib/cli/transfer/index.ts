export { exportVerb } from "./export.js";
export { importVerb } from "./import.js";
export { readLines } from "./read-lines.js";
export { spaceRange } from "./tenant-ranges.js";
