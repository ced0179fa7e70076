export { commitChange } from "./commit-change.js";
export { indexedRow, indexerContext } from "./indexed-row.js";
export { Maintenance, maintenanceOf } from "./maintenance.js";
export { maintenanceWith } from "./maintenance-with.js";
export type { RowChange } from "./row-change.js";
