export { type ExportSummary, exportTenant } from "./export-tenant.js";
export { type HeaderLine, parseHeader } from "./format.js";
export { importTenant } from "./import-tenant.js";
export { openSink, readLines, type TextSink } from "./lines.js";
export { isEmptyTenant, restoreRegistrations } from "./restore-registrations.js";
export { spaceRange } from "./tenant-ranges.js";
