export { asStored } from "./as-stored.js";
export { refuseChangedInPlace, restore } from "./changed-in-place.js";
export { newRecord } from "./new-record.js";
export { type Conflict, conflictOf, type OnConflict, raise } from "./on-conflict.js";
export { requireGiven } from "./required-fields.js";
export { storeDelete } from "./store-delete.js";
export { storeInsert, wasStored } from "./store-insert.js";
export { storeUpdate } from "./store-update.js";
export type { AnyChangeset, Values } from "./values.js";
