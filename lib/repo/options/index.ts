export { boundedReads } from "./bounded-reads.js";
export { checkOptions } from "./check-options.js";
export {
  type CommonOptions,
  commonNames,
  type DefaultOptions,
  type Effective,
  effectiveOptions,
  type GivesDefaults,
  type QueryOptions,
  queryNames,
} from "./common-options.js";
export {
  checkHooks,
  type PreparedTransaction,
  type PrepareQuery,
  type PrepareTransaction,
  type QueryContext,
  timeOf,
} from "./hooks.js";
export { readOnly } from "./read-only.js";
