export { type CastRelationOptions, castRelation } from "./cast-relation.js";
export { decided } from "./decided.js";
export { type MakeRecord, plainInsert, takeRecord, withRelationsOfData } from "./plain-insert.js";
export { putRelation } from "./put-relation.js";
export { readField, readRelation } from "./read-field.js";
export {
  type ChildrenChange,
  type JoinsChange,
  type ParentChange,
  type RelationWrites,
  relationWrites,
} from "./relation-writes.js";
export { reorderRelation } from "./reorder-relation.js";
