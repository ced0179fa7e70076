export { hasClassRules } from "./class-rules.js";
export { firstMissing, type MissingField, missingIn, requireDeclared } from "./declared.js";
export { validateFormat } from "./format.js";
export {
  type AcceptanceOptions,
  type ConfirmationOptions,
  validateAcceptance,
  validateConfirmation,
} from "./from-params.js";
export { type LengthOptions, validateLength } from "./length.js";
export { type MessageOptions, validateExclusion, validateInclusion, validateSubset } from "./membership.js";
export { type NumberOptions, validateNumber } from "./number.js";
export { isMissing, type RequiredOptions, validateRequired } from "./required.js";
export type { StandardSchema } from "./standard-schema.js";
export { type UniqueLookup, type UnsafeUniqueOptions, unsafeValidateUnique } from "./unsafe-unique.js";
export { noteValidation, type Verdict, validateChange } from "./validate-change.js";
export {
  finishPending,
  rulesOfPlainRecords,
  type SchemaRuleOptions,
  validateSchema,
} from "./validate-schema.js";
