export { type ExecuteOptions, execute, planFor, runPlan } from "./execute.js";
export type { FoundRow } from "./found-row.js";
