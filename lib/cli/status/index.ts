export { countRows, type RowCount } from "./count-rows.js";
export { status } from "./status.js";
