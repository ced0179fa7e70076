export { type Bulk, type BulkOptions, type Changes, deleteAll, insertAll, updateAll } from "./bulk.js";
export { schemaOfRecord } from "./write-graph.js";
export { attempted, insert, insertOrUpdate, remove, update } from "./write-one.js";
