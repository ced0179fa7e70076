export { ConstraintError, type ConstraintViolation } from "./constraint-error.js";
export { type ErrorTree, traverseErrors, traverseValidations } from "./error-tree.js";
export { InvalidChangesetError } from "./invalid-changeset-error.js";
