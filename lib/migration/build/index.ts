export { Budget, type StepOptions } from "./budget.js";
export { buildStep, type StepResult } from "./build-step.js";
export { refuseDuplicates } from "./duplicates.js";
