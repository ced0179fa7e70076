export { copyField, deleteField, renameField } from "./field-operations.js";
export type { FieldOperationOptions, FieldOperationResult } from "./rewrite-records.js";
