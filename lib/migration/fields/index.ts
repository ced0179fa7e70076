export {
  copyField,
  deleteField,
  type FieldOperationOptions,
  type FieldOperationResult,
  renameField,
} from "./field-operations.js";
