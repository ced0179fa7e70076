export { type CastRelationOptions, castRelation } from "./cast-relation.js";
export { putRelation } from "./put-relation.js";
export { readField, readRelation } from "./read-field.js";
export { type RelationWrite, type RelationWrites, relationWrites } from "./relation-writes.js";
