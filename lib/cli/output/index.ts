export { confirm } from "./confirm.js";
export { bytes, count, duration, plural, share } from "./numbers.js";
export { openOutput } from "./open-output.js";
export type { Failure, Output, Progress } from "./output.js";
export { Readers } from "./readers.js";
export { showId } from "./show-id.js";
export type { CliInput, CliStream, OutputEnvironment } from "./streams.js";
export { tableLines } from "./table.js";
