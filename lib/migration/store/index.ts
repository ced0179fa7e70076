export {
  type AppliedMigration,
  isKnownComplete,
  noteComplete,
  readApplied,
  recordApplied,
} from "./applied.js";
export { type Claim, ClaimLost, decodeClaim, newClaim, readClaim, renewClaim, writeClaim } from "./claim.js";
export {
  type AllowedMismatch,
  type ComparedMigrations,
  type CompareOptions,
  compareMigrations,
  readCompared,
  readPending,
} from "./compare.js";
export { clearProgress, readStage, readStep, type StepProgress, writeStage, writeStep } from "./progress.js";
export { Registry } from "./registry.js";
