export { type ExecuteOptions, execute, planFor, runPlan } from "./execute.js";
export type { FoundRow } from "./found-row.js";
export { readCount, readGroups, readTotal } from "./read-count.js";
