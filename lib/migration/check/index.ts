export type { CheckReport, Problem, ProblemKind } from "./check-report.js";
export { type CheckOptions, checkTenant } from "./check-tenant.js";
