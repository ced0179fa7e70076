export {
  type AppliedMigration,
  isKnownComplete,
  noteComplete,
  readApplied,
  readPending,
  recordApplied,
} from "./applied.js";
export { type Claim, ClaimLost, decodeClaim, newClaim, readClaim, renewClaim, writeClaim } from "./claim.js";
export { Registry } from "./registry.js";
